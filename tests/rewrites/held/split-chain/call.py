# The call would be made twice.
def f(a, g):
    return 0 < g(a) < 9
