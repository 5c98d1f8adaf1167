# The guard gives the subject another value, which only the comparisons of `if` would see.
def pick(x, rare):
    match x:
        case 1 if rare and (x := 2) == 9:
            return "a"
        case 2:
            return "b"
        case _:
            return "c"
