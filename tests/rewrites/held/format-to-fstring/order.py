# The second value changes what the first shows.
def f(a):
    return "{} {}".format(a, a.pop())
