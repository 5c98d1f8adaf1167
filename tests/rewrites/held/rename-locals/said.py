# Names that say something stay, and so do those that the prose speaks of.
def f(parts):
    """Keeps x."""
    x = len(parts)
    for part in parts:
        key, value = part.split("=", 1)
        print(key, value)
    for name, price in parts:
        print(name, price)
    return x
