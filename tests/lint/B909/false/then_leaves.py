def drop_first_negative(values):
    for value in values:
        if value < 0:
            values.remove(value)
            break
    return values
