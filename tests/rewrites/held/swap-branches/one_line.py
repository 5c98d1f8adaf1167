# The branches are on the lines of their headers.
def f(x):
    if x: return 1
    else: return 2
