requests = {"a": 1}
print(requests.get("a"))
