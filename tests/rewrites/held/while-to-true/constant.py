# The condition is a constant.
def f(n):
    while True:
        n -= 1
        if n < 0:
            break
