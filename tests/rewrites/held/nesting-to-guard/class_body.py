# There is nothing to return from.
class A:
    if True:
        x = 1
