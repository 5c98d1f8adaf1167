# Nothing follows.
def f(x):
    print(x)
    if x:
        return x
