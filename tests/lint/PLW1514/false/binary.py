def size(path):
    with open(path, "rb") as file:
        return len(file.read())
