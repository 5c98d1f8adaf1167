# The lambda is a generator.
def f():
    g = lambda: (yield 1)
    return g
