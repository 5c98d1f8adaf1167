def mark(cells, i, j):
    cells[i] = "open"  # found
    cells[i] = "closed"
    cells[j] = "closed"
    return cells
