# The opposite would be `not n * n <= 9`.
def f(n):
    while n * n <= 9.0:
        if n == 2:
            break
        n += 1
    return n
