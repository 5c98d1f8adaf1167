# The type decides what a comparison does.
class A:
    def __lt__(self, other):
        return []


def f(a, b, c):
    return a < b < c
