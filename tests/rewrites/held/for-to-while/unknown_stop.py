# `range` raises for a float, and `<` does not.
def f(n):
    for i in range(n):
        print(i)
