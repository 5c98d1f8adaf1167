def f(x):
    if x == 3:  # three
        # The number itself.
        y = 1
    else:
        y = 2  # any other
        print(y)
    return y
