def f(x):
    return [y for y in x if (y % 2) == 0]
