# A long range has no length.
def empty(stop):
    r = range(int(stop))
    if len(r) == 0:
        return True
    return not r
