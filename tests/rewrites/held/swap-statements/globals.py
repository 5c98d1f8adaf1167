# The names are those of the module, where the call sees them.
def g():
    return a


a = 1
b = g()
