def greet(name):
    for letter in name:
        if letter == "x":  # found
            ...
    return name
