# Nothing says what these numbers are for.
def f(x):
    return x * 4 + x % 26
