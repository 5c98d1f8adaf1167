# The call comes before the product, and may change what it sees.
def f(amount, normalize):
    return normalize(amount) and amount * amount > amount
