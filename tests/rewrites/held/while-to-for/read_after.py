# After the loop the counter equals the bound.
def f():
    i = 0
    while i < 10:
        print("*")
        i += 1
    return i
