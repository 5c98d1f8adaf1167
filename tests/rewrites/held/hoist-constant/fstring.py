# The text is part of an f-string.
def f(x):
    return f"{x:>10} items"
