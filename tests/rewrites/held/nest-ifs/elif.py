# The condition is that of an `elif`.
def f(a, b):
    if a:
        return 1
    elif a and b:
        return 2
