# The width is computed.
def f(x, w):
    return f"{x:>{w}}"
