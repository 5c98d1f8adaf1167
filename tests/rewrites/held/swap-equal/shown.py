# The f-string shows the text of the comparison.
def f(a):
    return f"{a == 1=}"
