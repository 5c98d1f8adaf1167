# The object may define `__bool__`, or be an array.
def f(a):
    if len(a) == 0:
        return 1
    return 2
