# The condition reads the list that grows.
def f(a):
    b = []
    for x in a:
        if x not in b:
            b.append(x)
    return b
