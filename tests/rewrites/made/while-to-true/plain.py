def f(n):
    while n != 0:  # down
        if n == 3:
            return 1
        n -= 1
    return n
