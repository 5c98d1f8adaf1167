# A number has no length.
def f():
    n = 3
    if not n:
        return 1
    return 2
