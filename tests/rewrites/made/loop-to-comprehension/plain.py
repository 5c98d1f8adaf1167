def f(a):
    out = []
    for x, y in a:
        if x or y:
            out.append(x + y)
    return out
