# Another function may bind the global to a list.
x = 0


def f():
    global x
    x += 1
