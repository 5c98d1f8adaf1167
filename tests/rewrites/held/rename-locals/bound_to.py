# A builtin knows the module that has all builtins.
def names(items):
    tmp = list(items)
    return getattr(print.__self__, "loc" + "als")(), tmp
