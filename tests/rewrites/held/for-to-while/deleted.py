# The body deletes the variable.
def f():
    for i in range(3):
        print("*")
        del i
