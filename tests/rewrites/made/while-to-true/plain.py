def f(n):
    while n > 0 and n != 5:  # down
        if n == 3:
            continue
        n -= 1
    return n
