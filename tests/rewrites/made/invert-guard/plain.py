def f(x):
    if x != 1:
        return 1  # others

    # One.
    print(x)
    return 2
