def f(a):
    for x in a:
        if x in a and x:
            # Only these.
            print(x)
            a.append(x)
    return a
