# The text over several lines would be moved with the branch.
def f(x):
    if x:
        text = """a
        b"""
    else:
        text = ""
    return text
