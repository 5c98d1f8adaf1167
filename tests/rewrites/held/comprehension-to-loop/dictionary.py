# A loop evaluates the value before the key.
def f(a, g, h):
    return {g(x): h(x) for x in a}
