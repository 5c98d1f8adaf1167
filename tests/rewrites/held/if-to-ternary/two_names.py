# The branches bind different names.
def f(c):
    a = b = 0
    if c:
        a = 1
    else:
        b = 2
    return a, b
