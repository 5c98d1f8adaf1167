def settings():
    table = {}
    table["width"] = 1  # found
    table["width"] = 2
    return table
