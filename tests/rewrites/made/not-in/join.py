def f(a, b):
    return [x for x in a if not x is None]
