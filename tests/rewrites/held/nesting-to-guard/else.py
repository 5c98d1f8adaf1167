# The `else` would be lost.
def f(x):
    if x:
        print(x)
    else:
        print("-")
