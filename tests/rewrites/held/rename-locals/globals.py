# The variable belongs to the module.
total = 0


def f():
    global total
    total = 3
    return total
