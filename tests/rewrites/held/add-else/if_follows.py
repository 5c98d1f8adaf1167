# An `else` with an `if` below it would better be an `elif`.
def f(x):
    if x > 1:
        return 1
    if x > 0:
        print(x)
    return 3
