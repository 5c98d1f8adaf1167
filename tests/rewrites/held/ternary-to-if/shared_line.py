# Another statement shares the line.
def f(c):
    x = 1 if c else 2; return x
