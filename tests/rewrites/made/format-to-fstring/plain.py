def f(a, b):
    return "{:>4} and {{{!r}}}".format(a.x, b)
