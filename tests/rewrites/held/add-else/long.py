# The branch is long.
def f(x):
    if x > 1:
        x += 1
        x *= 2
        print(x)
        return x
    return 0
