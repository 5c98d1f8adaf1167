def f(x):
    if x or (lambda: 0)():
        y = 1, 2
    else:
        y = None
    return y
