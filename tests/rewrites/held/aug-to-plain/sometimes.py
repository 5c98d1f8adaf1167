# The variable is a list on one way to the statement.
def f(c):
    x = 0
    if c:
        x = []
    x += 1
    return x
