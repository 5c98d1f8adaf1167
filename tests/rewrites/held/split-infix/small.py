# `n - 1` says more than any name for it.
def f(number, limit, start, width):
    return f(number - 1, limit, start, width) + start * width
