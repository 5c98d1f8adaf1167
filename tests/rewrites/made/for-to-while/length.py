def f(text):
    out = ""
    for i in range(len(text)):
        out = text[i] + out  # backwards
        if out == "stop":
            break
    return out
