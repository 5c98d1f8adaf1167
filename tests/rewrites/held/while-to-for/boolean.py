# The first turn would show 1 instead of True.
def turns(text):
    found = []
    i = not text
    while i < 3:
        found.append(str(i))
        i += 1
    return found
