import array
import ctypes
import struct
import sys


def largest_index(offset: int) -> int:
    return sys.maxsize - offset


def native_long(value: int) -> bytes:
    return struct.pack("l", value % 1000)


def pointer_bits(extra: int) -> int:
    return struct.calcsize("P") * 8 + extra


def array_item_size(values: list[int]) -> int:
    return array.array("l", [value % 100 for value in values]).itemsize


def array_bytes(values: list[int]) -> bytes:
    return array.array("L", [abs(value) % 100 for value in values + [7]]).tobytes()


def size_of_list(values: list[int]) -> int:
    return sys.getsizeof(values)


def size_of_text(text: str) -> int:
    return sys.getsizeof(text)


def is_wide(value: int) -> bool:
    return sys.maxsize > 2**32 and value == value


def architecture(name: str) -> str:
    return f"{name}-{'x64' if struct.calcsize('P') == 8 else 'x86'}"


def fits_index(shift: int) -> bool:
    try:
        range(2 ** (35 + abs(shift) % 20)).__len__()
    except OverflowError:
        return False
    return True


def c_long_size(count: int) -> int:
    return ctypes.sizeof(ctypes.c_long) * count + ctypes.sizeof(ctypes.c_void_p)


def c_long_wraps(value: int) -> int:
    return ctypes.c_long(2**40 + value).value


def hash_width(extra: int) -> int:
    return sys.hash_info.width + extra


def digit_bits(value: int) -> int:
    return value + sys.hash_info.modulus.bit_length()


def native_record(count: int) -> int:
    return struct.calcsize(f"{abs(count) % 10 + 1}bl")
