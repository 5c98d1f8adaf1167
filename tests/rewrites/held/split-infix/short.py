# The line is short.
def f(height, width):
    return height * width > 12
