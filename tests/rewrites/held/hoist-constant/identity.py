# The identity of the object is asked for.
def f(x):
    return x is 1000
