def f():
    found = []
    return found
