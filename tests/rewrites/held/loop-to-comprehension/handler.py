# The handler sees the items so far.
def f(a, g):
    try:
        b = []
        for x in a:
            b.append(g(x))
    except ValueError:
        return b
    return b
