class Log:
    def __init__(self, path):
        file = open(path, "a", encoding="utf-8")
        self.file = file

    def close(self):
        self.file.close()
