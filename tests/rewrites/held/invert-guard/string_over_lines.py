# The text over several lines would be moved.
def f(x):
    if x:
        return 1
    return """a
    b"""
