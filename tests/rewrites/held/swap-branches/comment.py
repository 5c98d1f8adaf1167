# The comment beside `else` belongs to its branch.
def f(x):
    if x:
        return 1
    else:  # nothing there
        return 2
