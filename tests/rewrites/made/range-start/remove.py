def f(n):
    return [i for i in range(0, (n), 1) for i in range(0, (n))]
