# The `else` would have to be written twice.
def f(a, b):
    if a and b:
        return 1
    else:
        return 2
