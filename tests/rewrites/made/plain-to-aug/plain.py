def f(n):
    total = 0
    for i in range(9):
        total = total + (i or 1)  # up
    return total
