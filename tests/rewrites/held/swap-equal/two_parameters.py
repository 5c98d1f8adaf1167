# The types are not known, and the first decides how to compare.
def f(a, b):
    return a == b
