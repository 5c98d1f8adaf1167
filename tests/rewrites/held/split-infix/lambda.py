# The body of the lambda is evaluated later.
def f(a):
    return lambda x: x * a + 1
