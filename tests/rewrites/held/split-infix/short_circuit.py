# The product is computed only if the first operand is true.
def f(a, b):
    return a and a * b > 3
