# The guard gives a value.
def f(x):
    if x:
        return 0
    print(x)
