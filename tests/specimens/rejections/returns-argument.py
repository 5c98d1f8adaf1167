def kept(text: str) -> str:
    return text[:]
