def f(x):
    y = (1 if (z := x) else 2)
    return y, z
