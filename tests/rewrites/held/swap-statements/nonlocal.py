# What is called gives the other name its value.
def counted(start):
    count = start

    def inc(by):
        nonlocal count
        count += by
        return by

    a = inc(3)
    b = count
    return a, b
