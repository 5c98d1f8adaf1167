# The argument has the quotes of the text.
def f(a):
    return "{}".format(a["k"])
