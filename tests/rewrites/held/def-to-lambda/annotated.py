# The annotations would be lost.
def f(x: int) -> int:
    return x
