from requests import post


def send(url, data):
    reply = post(url, json=data, timeout=5)  # found
    lines = reply.text.splitlines()
    return lines[0]
