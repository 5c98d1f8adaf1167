# The field looks up an attribute.
def f(a):
    return "{0.x}".format(a)
