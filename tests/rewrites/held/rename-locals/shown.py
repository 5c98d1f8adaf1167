# The f-string shows the name.
def f(n):
    x = len(n)
    return f"{x=}"
