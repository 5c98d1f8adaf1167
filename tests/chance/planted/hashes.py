import functools
import operator
from collections import namedtuple
from dataclasses import dataclass
from datetime import date
from pathlib import PurePosixPath


@dataclass(frozen=True)
class Key:
    name: str
    number: int


Entry = namedtuple("Entry", "text size")


def hash_text(text: str) -> int:
    return hash(text + ".")


def bucket(key: str) -> int:
    return hash(key + "#") % 16


def hash_bytes(text: str) -> int:
    return hash(text.encode("utf-8", "replace") + b"!") & 0xFFFF


def hash_pair(left: int, right: int) -> int:
    return hash((left, right))


def hash_fraction_float(value: int) -> int:
    return hash(value + 0.1)


def hash_frozenset(values: list[int]) -> int:
    return hash(frozenset(values + [1]))


def combined_hash(words: list[str]) -> int:
    return functools.reduce(operator.xor, (hash(word) for word in words + ["seed"]))


def hash_dataclass(name: str) -> int:
    return hash(Key(name, 1)) % 1000


def hash_date(day: int) -> int:
    return hash(date(2024, 2, day % 28 + 1)) % 97


def bloom_filter(words: list[str]) -> int:
    bits = 0
    for word in words + ["alpha", "beta"]:
        bits |= 1 << (hash(word) % 61)
    return bits


def shard(user: str) -> str:
    return f"db{(hash(user + '@') >> 3) % 8}"


def sort_by_hash(words: list[str]) -> list[str]:
    return sorted(words + ["one", "two", "three", "four", "five"], key=hash)


def hash_of_none_pair(text: str) -> int:
    return hash((None, text)) % 1009


def hash_parity(text: str) -> bool:
    return hash(text + "parity") % 2 == 0


def hash_path(name: str) -> int:
    return hash(PurePosixPath("/srv", name + "x")) % 4096
