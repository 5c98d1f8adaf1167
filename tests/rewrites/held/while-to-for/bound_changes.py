# The body changes the bound.
def f():
    n = 10
    i = 0
    while i < n:
        n -= 1
        print(i)
        i += 1
