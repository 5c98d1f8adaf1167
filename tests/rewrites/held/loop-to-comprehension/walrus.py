# The condition binds a name.
def f(a):
    b = []
    for x in a:
        if (y := x):
            b.append(y)
    return b
