# The branch goes on behind the `if`.
def f(x):
    if x:
        print(x)
    else:
        print("-")
    return x
