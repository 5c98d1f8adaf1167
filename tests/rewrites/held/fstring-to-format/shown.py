# The f-string shows the text of the expression.
def f(x):
    return f"{x=}"
