def f(x):
    if not x:
        return
    print(x)
    x.append(1)
