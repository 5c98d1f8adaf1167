# The variable is read after the loop.
def f(a):
    b = []
    for x in a:
        b.append(x)
    return b, x
