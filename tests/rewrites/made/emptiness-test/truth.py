def f(a):
    items = a.split() if a else []
    left = list(items)
    while not left:
        left.append(1)
    return left
