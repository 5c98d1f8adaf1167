def login(name, password="hunter22"):  # found
    return name, password
