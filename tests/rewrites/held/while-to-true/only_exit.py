# The condition is the only way out, and a reader looks for it at the top.
def f(n):
    while n != 0:
        n -= 1
    return n
