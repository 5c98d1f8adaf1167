def shift(values, i):
    values[i + 1] = 0  # found
    values[i + 1] = len("shift")
    return values
