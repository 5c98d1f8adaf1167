# The body moves the counter too.
def f():
    i = 0
    while i < 10:
        if i == 3:
            i += 2
        print(i)
        i += 1
