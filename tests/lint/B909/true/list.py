def drop_negative(values):
    for value in values:
        if value < 0:
            values.remove(value)  # found
    return values
