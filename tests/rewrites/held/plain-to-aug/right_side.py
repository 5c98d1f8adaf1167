# The variable is the right operand.
def f():
    a = "x"
    a = "y" + a
    return a
