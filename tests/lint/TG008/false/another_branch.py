def greet(name):
    if name is None:
        pass
    elif name:
        print(name)
    else:
        print("nobody")
