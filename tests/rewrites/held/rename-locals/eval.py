# `eval` reads the variable by its name.
def f():
    n = len("abc")
    return eval("n + 1")
