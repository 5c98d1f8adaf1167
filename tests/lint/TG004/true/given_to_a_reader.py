import json


def settings(path):
    return json.load(open(path, encoding="utf-8"))  # found
