# The targets are items, and storing one may change the other.
def f(x, i):
    i, x[i] = 1, 2
    return x
