# The conditional expression is a part of the value.
def f(c):
    x = 1 + (2 if c else 3)
    return x
