def hoard(size: int) -> int:
    return len([bytearray(1 << 27) for _ in range(abs(size) + 4)])
