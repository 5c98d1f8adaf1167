def f(a, b, c):
    if a or c:
        if b:
            # Both.
            print(a)
            return 1
    return 0
