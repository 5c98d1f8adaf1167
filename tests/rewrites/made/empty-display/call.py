def f():
    found = dict()
    return found
