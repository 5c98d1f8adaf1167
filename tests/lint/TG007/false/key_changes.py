def fill(values, keys):
    values[next(keys)] = 1
    values[next(keys)] = 2
    return values
