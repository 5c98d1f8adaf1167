def words(path):
    file = open(path, encoding="utf-8")
    try:
        return file.read().split()
    finally:
        file.close()
