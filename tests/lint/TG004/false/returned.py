def reader(path):
    file = open(path, encoding="utf-8")
    file.readline()
    return file
