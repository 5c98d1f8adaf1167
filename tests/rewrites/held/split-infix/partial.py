# The part is the beginning of a longer product.
def f(height, width, length, density):
    return height * width * length * density > density
