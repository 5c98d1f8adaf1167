# The `else` never runs, and would.
def f(n):
    while True:
        if n < 0:
            break
        n -= 1
    else:
        print("done")
