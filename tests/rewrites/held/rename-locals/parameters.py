# A parameter may be passed by its name.
def f(size):
    return size + 1


f(size=3)
