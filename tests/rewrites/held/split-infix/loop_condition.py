# The condition is evaluated before every turn.
def f(n):
    i = 0
    while i * i < n:
        i += 1
    return i
