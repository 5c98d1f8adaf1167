# The parameter may be a list.
def f(a, b):
    a += b
    return a
