# The conditions compare different names.
def f(x, y):
    if x == 1:
        return 1
    elif y == 2:
        return 2
