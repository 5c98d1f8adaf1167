# The comment would be lost.
def f(c):
    if c:
        # The usual case.
        x = 1
    else:
        x = 2
    return x
