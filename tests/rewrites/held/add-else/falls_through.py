# What follows runs in both cases.
def f(x):
    if x:
        print(x)
    return x
