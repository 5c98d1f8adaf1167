# The escape is a brace, which an f-string would show.
def f(x):
    return "\x7b\x7d{}".format(x)
