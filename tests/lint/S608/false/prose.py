def message(name):
    return "Please take " + name + " from the list"
