# `eval` reads the variable by its name.
def f():
    total = 3
    return eval("total + 1")
