# The text is an annotation.
def f():
    x: "List" = 1
    return x
