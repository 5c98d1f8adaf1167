# The `return` also leaves what is around the block.
def f(x, y):
    if y:
        if x:
            return
        print(x)
    print(y)
