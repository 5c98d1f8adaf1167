# `continue` in a `try` of the body would skip the counting.
def f(a):
    for i in range(3):
        try:
            print(a[i])
        except IndexError:
            continue
