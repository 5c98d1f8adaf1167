# The middle is compared twice.
def f(a, b):
    return a == 1 == b
