def swap(values, i):
    values[i] = 1
    values[i + 1] = 1
    values[-i] = 1
    return values
