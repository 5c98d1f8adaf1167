def letters(text, test=str.isalpha):
    check = test or str.isalnum
    return list(filter(check, text))
