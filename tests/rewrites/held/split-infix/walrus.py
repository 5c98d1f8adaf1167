# The product binds a name.
def f(a):
    return (b := a) * a + b
