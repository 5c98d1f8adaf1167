# An inner function binds the variable through `nonlocal`.
def f():
    n = 0

    def add():
        nonlocal n
        n += 1

    add()
    return add
