def f():
    i = 10
    while i >= 0:
        print(i)  # down
        i -= 2
