# `+=` changes the list that the caller sees.
def f(a):
    b = [1]
    c = b
    b += [2]
    return c
