# The f-string shows the name.
def f(n):
    total = n * 2
    return f"{total=}"
