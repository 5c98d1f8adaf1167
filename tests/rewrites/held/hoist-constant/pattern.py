# A name in a pattern would be bound.
def f(x):
    match x:
        case 100:
            return 1
