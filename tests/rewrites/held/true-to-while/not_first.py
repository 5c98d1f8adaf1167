# Something comes before the guard.
def f(n):
    while True:
        n -= 1
        if n < 0:
            break
        print(n)
