def login(connect):
    return connect("ann", password="hunter22")  # found
