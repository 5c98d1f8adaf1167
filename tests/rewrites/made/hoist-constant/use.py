def f(path):
    with open(path, encoding="latin-1") as file:
        return file.read()
