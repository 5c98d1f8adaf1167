# The number of values is not known.
def f(x):
    a, b = *x, 1
    return a, b
