# The variable belongs to the module.
n = 0


def f():
    global n
    n = len("abc")
    return n
