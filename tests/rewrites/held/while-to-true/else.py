# The `break` would skip the `else`.
def f(n):
    while n > 0:
        n -= 1
    else:
        print("done")
