def broken(values:
    return sum(values)
