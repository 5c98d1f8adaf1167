def f(a):
    items = sorted(a)
    if len(items) == 0:
        return None
    return items[0]
