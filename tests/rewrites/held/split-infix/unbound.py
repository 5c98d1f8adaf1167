# The name before the product may have no value, which would be noticed too late.
def f(c, a):
    if c:
        b = 1
    return b + a() * c
