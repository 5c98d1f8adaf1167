class Store:
    def get(self, key, timeout):
        return self


requests = Store()
print(requests.get("a", timeout=1).text)
