# The parameter may be a list.
def f(a, b):
    a = a + b
    return a
