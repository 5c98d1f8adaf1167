# The subject is evaluated once.
def f(g):
    match g():
        case 1:
            return 1
        case 2:
            return 2
