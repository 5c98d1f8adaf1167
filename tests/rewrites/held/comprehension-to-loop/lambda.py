# The lambdas keep the variable of their own comprehension.
def f(a):
    return [lambda: x for x in a]
