# The calls would change places.
def f(g, h):
    return g() == h()
