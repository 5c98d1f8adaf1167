# The call reads the variable that is bound before it.
def f():
    a = 0

    def g():
        return a

    a = g()
    b = g()
    return b
