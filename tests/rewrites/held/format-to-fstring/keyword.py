# The fields have names.
def f(a):
    return "{x}".format(x=a)
