def f(n):
    return list(range(n + 1))
