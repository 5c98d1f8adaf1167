# The pattern asks for a type.
def f(x):
    match x:
        case int():
            return 1
        case _:
            return 2
