def positive(values):
    for value in values:
        if value <= 0:
            continue
            print("skipped")  # found
        yield value
