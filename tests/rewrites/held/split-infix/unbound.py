# The name before the product may have no value, which would be noticed too late.
def f(condition, amount, factor):
    if condition:
        offset = 1
    return offset - amount() * factor if condition else factor
