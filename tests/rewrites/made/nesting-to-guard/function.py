def f(x):
    print(x)
    if x is not None:
        x.append(1)
        print(x)
