def greet(name):
    if not name:  # found
        "TODO"
    return name
