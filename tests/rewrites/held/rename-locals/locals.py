# The names are the keys of the result.
def f():
    total = 3
    return locals()
