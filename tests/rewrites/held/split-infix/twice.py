# The same part is written a second time.
def f(a, b):
    if a % b == 0:
        return 1 + a % b * 2
    return 1
