# One operand is not negated.
def f(a, b):
    return not a and b
