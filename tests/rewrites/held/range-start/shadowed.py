# `range` is not the builtin.
def f(range):
    return range(3)
