# The call may change the global that is the key.
k = 0


def g(x):
    global k
    k += x
    return k


def f(a):
    return {k: g(x) for x in a}
