# The type defines `__iadd__`.
class A:
    def __iadd__(self, other):
        return 1


def f():
    a = A()
    a += 1
    return a
