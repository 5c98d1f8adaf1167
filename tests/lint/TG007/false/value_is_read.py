def count(table, key):
    table[key] = 1
    table[key] = table[key] + 1
    return table
