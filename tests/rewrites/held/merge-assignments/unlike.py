# Nobody would bind these two in one line.
def f(values):
    ordered = sorted(values)
    count = 0
    return ordered, count
