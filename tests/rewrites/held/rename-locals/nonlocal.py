# An inner function binds the variable through `nonlocal`.
def f():
    total = 0

    def add(n):
        nonlocal total
        total += n

    add(3)
    return add
