# The brackets are a target.
def f(x):
    [] = x
