# The branches are verdicts.
def f(x):
    if x > 1:
        return True
    return False
