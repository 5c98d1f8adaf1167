# The `if` is not the last of the function.
def f(x, y):
    if y:
        if x:
            print(x)
    print(y)
    return y
