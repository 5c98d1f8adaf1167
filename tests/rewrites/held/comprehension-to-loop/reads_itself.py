# The comprehension reads the old value of the name.
def f(a):
    b = a
    b = [x for x in b]
    return b
