# `continue` skips the counting.
def f():
    i = 0
    while i < 10:
        if i == 3:
            i = 5
            continue
        print(i)
        i += 1
