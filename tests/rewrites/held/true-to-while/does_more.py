# The guard does something before it breaks.
def f(n):
    while True:
        if n < 0:
            print(n)
            break
        n -= 1
