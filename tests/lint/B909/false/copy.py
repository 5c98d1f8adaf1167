def drop_negative(values):
    for value in list(values):
        if value < 0:
            values.remove(value)
    return values
