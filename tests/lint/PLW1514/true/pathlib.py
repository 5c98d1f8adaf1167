from pathlib import Path


def text(name):
    return Path(name).read_text()  # found
