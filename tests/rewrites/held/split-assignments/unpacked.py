# The value is not written as a tuple.
def f(x):
    a, b = x
    return a, b
