def words(path):
    return open(path, encoding="utf-8").read().split()  # found
