# The handler would see a list that is not full.
def f(a, g):
    b = None
    try:
        b = [g(x) for x in a]
    except ValueError:
        pass
    return b
