# `or` is no nesting.
def f(a, b):
    if a or b:
        return 1
