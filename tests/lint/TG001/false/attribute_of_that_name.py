class Cell:
    def __init__(self, value):
        self.isdigit = value.isdigit()


def count(cells):
    return sum(1 for cell in cells if cell.isdigit)
