# One branch does more.
def f(c):
    if c:
        x = 1
        print(x)
    else:
        x = 2
    return x
