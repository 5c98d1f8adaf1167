# Class attributes are no local variables.
class A:
    size = 3

    def f(self):
        return self.size
