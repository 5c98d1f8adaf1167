def drop_empty(table):
    for key in table:
        if not table[key]:
            del table[key]  # found
    return table
