# The second value uses the first name.
def f(x):
    a = str(x)
    b = str(a)
    return a, b
