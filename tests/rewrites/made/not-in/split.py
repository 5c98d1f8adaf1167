def f(a, b):
    return a not in b
