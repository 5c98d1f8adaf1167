# The pattern asks for a sequence.
def f(x):
    match x:
        case [1, 2]:
            return 1
        case _:
            return 2
