# A name in a pattern would be bound.
def f(x, y):
    if x == y:
        return 1
    elif x == 2:
        return 2
