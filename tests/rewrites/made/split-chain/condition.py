def f(a, b):
    if a.x < b <= 3 and a:
        return 1
