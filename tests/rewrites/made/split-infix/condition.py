def f(a, b):
    if a % b == 0 and b:
        return 1
    return max(a * b, b)
