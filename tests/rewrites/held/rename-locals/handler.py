# The name is bound by `except` and deleted after it.
def f(x):
    try:
        return int(x)
    except ValueError as error:
        return str(error)
