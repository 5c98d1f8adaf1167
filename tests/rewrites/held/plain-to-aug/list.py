# `+=` would change the list that another name has too.
def f():
    a = [1]
    b = a
    a = a + [2]
    return b
