# Class attributes are no local variables.
class A:
    n = len("abc")

    def f(self):
        return self.n
