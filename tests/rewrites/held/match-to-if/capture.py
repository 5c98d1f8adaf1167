# The pattern binds a name.
def f(x):
    match x:
        case 1:
            return 1
        case y:
            return y
