# The item would be looked up twice.
def f(a):
    return 0 < a[0] < 9
