def lines(path):
    with open(path) as file:  # found
        return file.readlines()
