# The comment belongs to its line.
def f():
    a = 1  # first
    b = 2
    return a, b
