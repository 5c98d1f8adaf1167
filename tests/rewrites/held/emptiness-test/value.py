# The list itself would be returned.
def f():
    a = [1]
    return len(a) > 0
