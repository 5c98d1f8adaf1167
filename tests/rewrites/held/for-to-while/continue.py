# `continue` would skip the counting.
def f():
    found = []
    for i in range(10):
        if i % 2:
            continue
        found.append(i)
    return found
