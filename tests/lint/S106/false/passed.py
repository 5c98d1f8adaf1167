def login(connect, password):
    return connect("ann", password=password)
