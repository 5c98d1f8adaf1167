# The middle binds a name.
def f(a):
    return 0 < (b := a) < 9 and b
