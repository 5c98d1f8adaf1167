# The number of arguments is not known.
def f(a):
    return range(*a)
