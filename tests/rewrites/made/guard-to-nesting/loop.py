def f(a):
    for x in a:
        if x == 0:
            continue

        # Only these.
        print(x)
    return a
