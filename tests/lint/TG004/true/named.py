def words(path):
    file = open(path, encoding="utf-8")  # found
    text = file.read()
    return text.split()
