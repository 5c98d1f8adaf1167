# `== None` asks the object, and the pattern `None` does not.
def f(x):
    if x == None:
        return 1
    elif x == 2:
        return 2
