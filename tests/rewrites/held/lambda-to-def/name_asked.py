# The program asks the function for its name.
def f():
    g = lambda x: x
    return g.__name__
