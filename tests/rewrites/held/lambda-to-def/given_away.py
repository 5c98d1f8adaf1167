# Whoever has the function may ask for its name.
double = lambda x: 2 * x
table = {"double": double}
