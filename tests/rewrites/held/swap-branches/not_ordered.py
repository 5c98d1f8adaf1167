# The opposite of an order of unknown values would have to be written as `not n < 0`.
def f(n):
    if n < 0:
        return 1
    else:
        return 2
