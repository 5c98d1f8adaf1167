def f(a):
    seen = {x for row in a for x in row}
    return seen
