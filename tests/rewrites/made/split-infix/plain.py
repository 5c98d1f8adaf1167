def f(a, b):
    c = (a - b) * 2  # twice
    return c
