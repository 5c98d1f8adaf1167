# The value of the operand would be used without its `not`.
def f(a, b):
    return not (not a or b)
