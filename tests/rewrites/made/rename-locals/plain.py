def f(words):
    res = []
    n = 0
    for w in words:
        n += len(w)  # all letters
        res.append(w.upper())
    for i, w in enumerate(res):
        print(i, f"{w!r}")
    return res, n
