# The value is used twice.
def f(a):
    return "{0} {0}".format(a)
