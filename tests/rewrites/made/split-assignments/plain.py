def f(a):
    low, high = 0, (len(a) - 1)
    return low, high
