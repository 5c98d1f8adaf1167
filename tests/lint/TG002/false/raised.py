import requests


def user(name):
    response = requests.get("https://example.org/" + name, timeout=5)
    response.raise_for_status()
    return response.json()["user"]
