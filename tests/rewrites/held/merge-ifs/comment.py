# The comment between would be lost.
def f(a, b):
    if a:
        # Now for the other.
        if b:
            return 1
