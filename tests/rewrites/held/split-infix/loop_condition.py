# The condition is evaluated before every turn.
def f(limit, start, width):
    while start * width < limit and start * start < limit:
        start += 1
    return start
