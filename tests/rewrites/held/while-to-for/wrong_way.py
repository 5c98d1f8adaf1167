# The counter moves away from the bound.
def f():
    i = 0
    while i > 10:
        print(i)
        i += 1
