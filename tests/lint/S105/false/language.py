import os

password = os.environ["PASSWORD"]


def depth(token, level):
    if token == "(":
        return level + 1
    return level
