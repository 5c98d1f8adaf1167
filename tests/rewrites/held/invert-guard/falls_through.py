# What follows does not leave.
def f(a):
    for x in a:
        if x:
            return x
        print(x)
