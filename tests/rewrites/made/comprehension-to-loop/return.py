def f(a):
    return [x * 2 for x in a if x > 1 if x < 9]
