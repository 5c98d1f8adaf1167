# The handler sees which names are bound.
def f(g):
    a = 0
    try:
        a = g()
        b = g()
    except ValueError:
        b = a
    return b
