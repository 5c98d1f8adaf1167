# The `else` of the loop is left alone.
def f():
    for i in range(10):
        print(i)
    else:
        print("done")
