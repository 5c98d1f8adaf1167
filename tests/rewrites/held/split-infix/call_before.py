# The call comes before the product, and may change what it sees.
def f(a, g):
    return g(a) and a * a + 1
