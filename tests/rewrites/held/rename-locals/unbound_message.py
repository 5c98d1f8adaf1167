# The message of the exception names the variable, and the program shows it.
def f(words):
    try:
        for w in words:
            print(w)
        return w
    except UnboundLocalError as error:
        return str(error)
