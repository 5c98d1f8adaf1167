def f(x):
    if x == 1:
        return "one"
    # Then two.
    elif x == -2:
        y = 3
        return "two"
    else:
        return "?"
