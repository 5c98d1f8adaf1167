# The docstring would be lost.
def f(x):
    """The same."""
    return x
