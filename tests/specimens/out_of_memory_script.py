# end: out-of-memory
# type: MemoryError
# line: 4
bytearray(1 << 30)
