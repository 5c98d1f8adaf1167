# The product is computed only if the first operand is true.
def f(amount, factor, limit):
    return amount and amount * factor > limit and limit > factor
