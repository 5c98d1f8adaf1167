# entry: f
# end: out-of-memory
def f():
    return len(bytearray(1 << 30))
