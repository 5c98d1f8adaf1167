def message(name):
    return "Please select " + name + " from the list"
