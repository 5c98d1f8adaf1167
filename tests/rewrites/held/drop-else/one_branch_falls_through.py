# One of the branches goes on behind the `if`.
def f(x):
    if x > 1:
        return 1
    elif x > 0:
        print(x)
    else:
        print("-")
    return x
