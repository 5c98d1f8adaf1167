# The loop would bind the global of this name.
x = 3


def f(a):
    global x
    b = [x for x in a]
    return b
