# The outer branch does more.
def f(a, b):
    if a:
        if b:
            return 1
        print(a)
