def f(x):
    if x > 1:
        return 1
    elif x > 0:
        raise ValueError
    else:
        # Small ones.
        y = """a
        b"""
        return y
