# `range` is not the builtin.
def range(n):
    return "abc"


def f():
    for i in range(10):
        print(i)
