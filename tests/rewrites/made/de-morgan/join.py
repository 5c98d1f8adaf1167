def f(a, b):
    return not a and not b
