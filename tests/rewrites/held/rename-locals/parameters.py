# A parameter may be passed by its name.
def f(n):
    n = len(n)
    return n


f(n="abc")
