# The second value changes what the first shows.
def f(a):
    return f"{a} {a.pop()}"
