def f(a, b, c):
    if a and b > 1 and c:
        # All of them.
        print("""x
    y""")
        return 1
    return 0
