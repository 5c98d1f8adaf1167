def f(a, b):
    if not (a == 1 and b):
        return 1
