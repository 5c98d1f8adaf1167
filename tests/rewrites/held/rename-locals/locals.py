# The names are the keys of the result.
def f():
    n = len("abc")
    return locals()
