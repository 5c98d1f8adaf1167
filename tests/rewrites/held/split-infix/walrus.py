# The product binds a name.
def f(amount, offset, factor):
    return (doubled := amount) * amount - offset > doubled - factor
