def add(value, values=[]):  # found
    values.append(value)
    return values
