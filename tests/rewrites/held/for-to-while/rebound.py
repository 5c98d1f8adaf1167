# A `while` loop would go on from what the body makes of the variable.
def f():
    for i in range(10):
        i = i * 2
        print(i)
