# The chain compares twice.
def f(a, b, c):
    return not a in b in c
