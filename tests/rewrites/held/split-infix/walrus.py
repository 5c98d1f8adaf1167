# The product binds a name.
def f(a):
    return (b := a) * 2 + b
