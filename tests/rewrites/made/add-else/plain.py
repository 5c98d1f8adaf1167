def f(x):
    if x > 1:
        return 1

    # Small ones.
    print(x)
    return 2
