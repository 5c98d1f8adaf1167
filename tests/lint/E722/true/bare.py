def number(text):
    try:
        return int(text)
    except:  # found
        return 0
