# It is written as people write it.
def f(a, b):
    return a not in b and a is not None
