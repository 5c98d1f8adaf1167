# A comprehension cannot yield.
def f(a):
    b = []
    for x in a:
        b.append((yield x))
    return b
