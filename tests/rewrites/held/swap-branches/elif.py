# There are three branches.
def f(x):
    if x > 1:
        return 1
    elif x > 0:
        return 2
    else:
        return 3
