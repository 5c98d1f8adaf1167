# A branch that ends with `try` may go on.
def f(x, g):
    if x:
        try:
            return g()
        except ValueError:
            pass
    else:
        print("-")
