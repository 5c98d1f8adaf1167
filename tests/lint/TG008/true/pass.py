def greet(name, is_loud):
    if is_loud:  # found
        pass
    return name
