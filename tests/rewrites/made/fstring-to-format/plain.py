def f(a, b):
    return f"{a.x!r:>4} and {{{b}}}"
