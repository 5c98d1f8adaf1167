# The bound mentions the variable that the loop binds.
def f():
    i = 3
    for i in range(i):
        print(i)
