import hashlib
import zlib
from dataclasses import dataclass
from functools import lru_cache


@dataclass(frozen=True)
class Key:
    name: str
    number: int


class Vector:
    def __init__(self, x, y):
        self.x, self.y = x, y

    def __eq__(self, other):
        return (self.x, self.y) == (other.x, other.y)

    def __hash__(self):
        return hash((self.x, self.y))


def hash_small(number: int) -> int:
    return hash(number % 1000)


def bucket(key: str) -> int:
    return zlib.crc32(key.encode("utf-8", "replace")) % 16


def hash_flag(number: int) -> int:
    return hash(number > 10) + number


def equal_hashes(text: str) -> bool:
    return hash(text) == hash("".join(list(text)))


def keys_agree(name: str, number: int) -> bool:
    return hash(Key(name, number)) == hash(Key(name, number))


def vectors_in_dict(values: list[int]) -> int:
    counts = {}
    for value in values:
        vector = Vector(value % 2, value % 3)
        counts[vector] = counts.get(vector, 0) + 1
    return max(counts.values(), default=0)


def fnv(text: str) -> int:
    digest = 0x811C9DC5
    for byte in text.encode("utf-8", "replace"):
        digest = (digest ^ byte) * 0x01000193 & 0xFFFFFFFF
    return digest


def rolling(text: str) -> int:
    total = 0
    for letter in text:
        total = (total * 31 + ord(letter)) % 1_000_003
    return total


def is_hashable(values: list[int]) -> bool:
    try:
        hash(values)
    except TypeError:
        return False
    return True


def memoised_length(text: str) -> int:
    cache = {}
    for start in range(len(text)):
        cache[hash(text[start:])] = start
    return len(cache)


@lru_cache(maxsize=None)
def paths(rows: int) -> int:
    rows = abs(rows) % 20
    return 1 if rows < 2 else paths(rows - 1) + paths(rows - 2)


def digest(text: str) -> str:
    return hashlib.sha256(text.encode("utf-8", "replace")).hexdigest()[:12]


def shard(user: str) -> int:
    return int(hashlib.md5(user.encode("utf-8", "replace")).hexdigest(), 16) % 8


def whole_float_hash(number: int) -> bool:
    return hash(float(number % 1000)) == hash(number % 1000)


def chain_index(numbers: list[int]) -> list[list[int]]:
    table = [[] for _ in range(4)]
    for number in numbers:
        table[hash(abs(number) % 100) % 4].append(number)
    return table
