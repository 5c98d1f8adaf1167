def f(a):
    total = 0
    items = sorted(a)
    return total, items
