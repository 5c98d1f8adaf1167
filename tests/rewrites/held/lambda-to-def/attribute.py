# The target is no plain name.
def f(a):
    a.g = lambda x: x
    return a
