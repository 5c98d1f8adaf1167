def last(values):
    if (size := values.count) is None:
        pass
    return size
