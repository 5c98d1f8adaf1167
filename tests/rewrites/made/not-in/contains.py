def f(a, b):
    if not a in b:
        return 1
    return 2
