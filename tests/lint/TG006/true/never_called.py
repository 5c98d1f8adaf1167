def total(values):
    def add(a, b):  # found
        return a + b

    return sum(values)
