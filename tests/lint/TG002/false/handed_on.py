import requests


def user(name, check):
    response = requests.get("https://example.org/" + name, timeout=5)
    check(response)
    return response.json()["user"]
