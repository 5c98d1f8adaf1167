import requests


def user(name):
    response = requests.get("https://example.org/" + name, timeout=5)  # found
    return response.json()["user"]
