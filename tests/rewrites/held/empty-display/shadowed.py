# `list` is not the builtin.
def f(list):
    return [] + list
