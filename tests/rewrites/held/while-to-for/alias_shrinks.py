# Another name of the same list makes it shorter.
def f(a):
    b = a
    i = 0
    while i < len(a):
        b.pop()
        i += 1
