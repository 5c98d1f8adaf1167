# The text is an item among its like.
def f(x):
    return x in ["abc", "def"]
