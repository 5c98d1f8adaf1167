def f(words):
    n = 1
    for word in words:
        n *= len(word) + 1
    return n
