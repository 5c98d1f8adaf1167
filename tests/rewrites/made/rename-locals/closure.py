def f(words):
    known = set()

    def look(word):
        return word in known or [known for word in words]

    return look
