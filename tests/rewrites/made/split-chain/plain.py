def f(a, b):
    return not 0 <= b < a
