# A generator is evaluated later.
def f(a):
    b = (x for x in a)
    return b
