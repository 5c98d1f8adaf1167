# There is nothing to format.
def f():
    return f"abc"
