# `n - 1` says more than any name for it.
def f(n):
    return f(n - 1) + 2
