# The list becomes shorter in the loop.
def f(a):
    i = 0
    while i < len(a):
        a.pop()
        i += 1
