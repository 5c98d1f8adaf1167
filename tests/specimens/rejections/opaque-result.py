def method(text: str):
    return str.upper if len(text) % 2 else str.lower
