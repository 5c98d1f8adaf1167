def f(n):
    while True:
        if n == 0:
            break

        n -= 1
    return n
