class Thing:
    pass


def describe(count: int) -> str:
    return f"{count} of {Thing()}"
