# The second value uses the first name.
def f():
    a = 1
    b = a + 1
    return a, b
