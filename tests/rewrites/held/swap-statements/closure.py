# The function that is called reads the variable.
def f():
    a = 0

    def g():
        return a

    a = 1
    b = g()
    return b
