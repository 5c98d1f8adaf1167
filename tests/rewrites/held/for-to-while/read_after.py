# The variable is read after the loop, where it would be one more.
def f():
    for i in range(10):
        print("*")
    return i
