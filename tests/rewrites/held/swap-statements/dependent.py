# The second value uses the first name.
def f():
    a = 1
    b = a
    return a, b
