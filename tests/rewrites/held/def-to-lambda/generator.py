# A lambda with `yield` is another thing to read.
def f(x):
    return (yield x)
