def f(a):
    found = []
    i = 1
    while i < len(a):
        if a[i] > a[i - 1]:
            found.append(a[i])
        i += 1
    return found
