def f(a):
    low = 0
    high = len(a) - 1
    return low, high
