# The loop would bind a name that the function uses.
def f(a, x):
    b = [x + 1 for x in a]
    return b, x
