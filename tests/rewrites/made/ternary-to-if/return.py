def f(x):
    return "even" if x % 2 == 0 else "odd"  # a word
