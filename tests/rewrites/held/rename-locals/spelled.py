# The program reads its own names.
def names(items):
    tmp = list(items)
    return getattr(names, "__co" + "de__").co_varnames, tmp
