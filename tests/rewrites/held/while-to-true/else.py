# The `break` would skip the `else`.
def f(n):
    while n != 0:
        if n == 3:
            return 1
        n -= 1
    else:
        print("done")
