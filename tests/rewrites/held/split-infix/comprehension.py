# The product is another for every item.
def f(a):
    return [x * x + 1 for x in a]
