def runs(text):
    out = []
    for ch in text:
        if out and out[-1][0] == ch:
            out[-1][1] += 1
        else:
            out.append([ch, 1])
    return out


for word in ("", "a", "aa", "ab", "aabb", "abab", "hello", "mississippi", "bookkeeper", "zzzzzzzz"):
    print(runs(word))
