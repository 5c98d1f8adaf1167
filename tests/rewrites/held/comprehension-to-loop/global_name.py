# The loop would hide a global that the function reads.
x = 3


def f(a):
    b = [x for x in a]
    return b, x


def g():
    return x
