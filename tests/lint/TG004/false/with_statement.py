def words(path):
    file = open(path, encoding="utf-8")
    with file:
        return file.read().split()
