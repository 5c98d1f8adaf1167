# `range` raises for a step of 0.
def f():
    for i in range(0, 10, 0):
        print(i)
