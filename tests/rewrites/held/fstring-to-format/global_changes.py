# The text of the first value changes the second.
counter = 0


class Box:
    def __str__(self):
        global counter
        counter += 1
        return "box"


def shown(box):
    return f"{box} {counter}"
