# The escape is a brace, which `format` would read as a field.
def f(x):
    return f"\x7b{x}\x7d"
