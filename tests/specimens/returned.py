# entry: f
# case: 1, b=2
# end: returned
# value: {"tuple":[1,2]}
# repr: "(1, 2)"
def f(a, b):
    return a, b
