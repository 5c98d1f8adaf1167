def chatter(word: str) -> int:
    for _ in range(1000):
        print("all work and no play " * 100)
    return len(word)
