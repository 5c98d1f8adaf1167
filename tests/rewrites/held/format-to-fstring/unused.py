# The second argument is evaluated and not shown.
def f(a, b):
    return "{}".format(a, b)
