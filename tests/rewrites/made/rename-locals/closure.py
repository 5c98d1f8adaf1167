def f(words):
    s = set(words)

    def look(word):
        return word in s or [s for word in words]

    return look
