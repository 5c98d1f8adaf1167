# The inner `else` would run in other cases.
def f(a, b):
    if a:
        if b:
            return 1
        else:
            return 2
