import array
import struct
import sys


def packed_long(value: int) -> bytes:
    return struct.pack("<l", value % 2**31)


def network_order(value: int) -> bytes:
    return struct.pack("!IH", abs(value) % 2**32, abs(value) % 2**16)


def record_size(count: int) -> int:
    return struct.calcsize(f"<{abs(count) % 10}q2b")


def unpacked(text: str) -> list[int]:
    data = text.encode("utf-8", "replace")[:8].ljust(8, b"\0")
    return list(struct.unpack(">4H", data))


def typed_array(values: list[int]) -> list[int]:
    return array.array("b", [value % 100 for value in values]).tolist()


def double_bytes(value: float) -> str:
    return struct.pack(">d", value).hex()


def wrapped(value: int) -> int:
    value &= 0xFFFFFFFF
    return value - 2**32 if value & 0x80000000 else value


def fits_in_index(value: int) -> bool:
    return abs(value) % 10**6 < sys.maxsize


def rest(values: list[int]) -> list[int]:
    return values[1 : 2**40] + values[-(2**40) : 1]


def bit_count(value: int) -> int:
    return abs(value).bit_length() + abs(value).bit_count()


def minimum(values: list[int]) -> int:
    smallest = sys.maxsize
    for value in values:
        smallest = min(smallest, value % 10**6)
    return smallest if values else -1


def array_of_long(values: list[int]) -> int:
    return sum(array.array("l", [value % 1000 for value in values]))


def short_roundtrip(value: int) -> int:
    return struct.unpack("h", struct.pack("h", value % 2**15))[0]


def int_bytes(value: int) -> bytes:
    return abs(value).to_bytes(16, "little")


def next_power(value: int) -> int:
    return 1 << (abs(value) % 10**9).bit_length()
