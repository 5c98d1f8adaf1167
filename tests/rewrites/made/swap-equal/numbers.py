def f(x):
    a = len(x)
    b = 3
    return a != b
