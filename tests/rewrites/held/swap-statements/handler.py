# The handler sees which names are bound.
def f(g):
    a = 0
    try:
        a = 1
        b = g()
    except ValueError:
        b = a
    return b
