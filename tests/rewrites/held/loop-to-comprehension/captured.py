# The function that is called reads the list.
def f(a):
    def g(x):
        return len(b)

    b = []
    for x in a:
        b.append(g(x))
    return b
