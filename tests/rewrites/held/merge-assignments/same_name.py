# The second value replaces the first.
def f():
    a = 1
    a = 2
    return a
