# Reading an item may make the dictionary longer.
def f(a):
    i = 0
    while i < len(a):
        print(a[i])
        i += 1
