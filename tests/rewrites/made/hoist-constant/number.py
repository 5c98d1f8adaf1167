import math


# Counts.
def f(a):
    """Counts 1000."""
    total = 0
    for x in a:
        total = (total + x * 1000) % 1000000007
    return total % 1000000007
