# Both calls may have effects, whose order is seen.
def f(g):
    a = g()
    b = g()
    return a, b
