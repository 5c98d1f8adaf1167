# The text is a docstring.
def f():
    """Does it."""
    return 1
