def count(path):
    file = open(path, encoding="utf-8")  # found
    total = 0
    for line in file:
        total += len(line)
    return total
