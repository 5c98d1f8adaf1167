def f(x):
    match x:
        case 1 | 2 if x:
            return "few"  # one or two
        case "many":
            return "many"
        case None:
            return ""
        case _:
            # Whatever.
            return "?"
