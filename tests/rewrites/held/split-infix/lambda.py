# The body of the lambda is evaluated later.
def f(amount, offset):
    return lambda factor: factor * amount > offset - factor
