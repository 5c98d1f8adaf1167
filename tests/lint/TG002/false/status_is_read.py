import requests


def user(name):
    response = requests.get("https://example.org/" + name, timeout=5)
    if response.status_code != 200:
        return None
    return response.json()["user"]
