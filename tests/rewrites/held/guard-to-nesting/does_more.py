# The guard does something else first.
def f(a):
    for x in a:
        if x:
            print(x)
            continue
        print("-")
