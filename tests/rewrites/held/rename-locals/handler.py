# The name is bound by `except` and deleted after it.
def f(x):
    try:
        return int(x)
    except ValueError as e:
        return str(e)
