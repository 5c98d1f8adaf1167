def f(a):
    table = {k: v.strip() for (k, v) in a}
    return table
