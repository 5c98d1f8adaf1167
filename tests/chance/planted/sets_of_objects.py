from collections import namedtuple
from dataclasses import dataclass
from datetime import date
from enum import Enum


@dataclass(frozen=True)
class Point:
    x: int
    y: str


class Node:
    def __init__(self, value):
        self.value = value


class Suit(Enum):
    HEARTS = 1
    SPADES = 2
    CLUBS = 3
    DIAMONDS = 4


Pair = namedtuple("Pair", "name count")


def tuple_order(names: list[str]) -> list[tuple[str, int]]:
    return list({(name, len(name)) for name in names + ["a", "bb", "ccc", "dddd"]})


def points_in_order(names: list[str]) -> list[int]:
    return [point.x for point in {Point(i, name) for i, name in enumerate(names + ["p", "q", "r", "s"])}]


def bytes_order(text: str) -> list[bytes]:
    return list({text.encode("utf-8", "replace"), b"alpha", b"beta", b"gamma", b"delta"})


def nodes_in_order(values: list[int]) -> list[int]:
    return [node.value for node in {Node(value) for value in values + [1, 2, 3, 4, 5, 6, 7, 8]}]


def frozenset_order(words: list[str]) -> list[int]:
    parts = {frozenset(word) for word in words + ["ab", "cde", "fghi", "jklmn"]}
    return [len(part) for part in parts]


def enum_order(limit: int) -> list[str]:
    return [suit.name for suit in set(Suit)][: 3 + abs(limit) % 2]


def mixed_order(number: int) -> list[str]:
    return [str(item) for item in {number, "x", None, ("y", 1), b"z", "w", "v"}]


def none_and_strings(text: str) -> list[str]:
    return [repr(item) for item in {None, text, "left", "right", "up", "down"}]


def pairs_in_order(counts: list[int]) -> list[str]:
    pairs = {Pair(f"item{index}", count) for index, count in enumerate(counts + [1, 2, 3, 4])}
    return [pair.name for pair in pairs]


def dates_in_order(day: int) -> list[str]:
    return [moment.isoformat() for moment in {date(2020, month, day % 28 + 1) for month in range(1, 9)}]


def types_in_order(limit: int) -> list[str]:
    return [kind.__name__ for kind in {int, str, float, list, dict, Point, Node, ValueError}][: 5 + abs(limit) % 3]


def functions_in_order(value: int) -> list[int]:
    steps = {lambda: value, lambda: value + 1, lambda: value + 2, lambda: value + 3, lambda: value + 4}
    return [step() for step in steps]


def objects_in_order(count: int) -> list[int]:
    made = [object() for _ in range(abs(count) % 5 + 8)]
    return [made.index(item) for item in set(made)]


def nested_tuples(depth: int) -> list[str]:
    items = {("k", (str(index), depth)) for index in range(6)}
    return [inner[0] for _, inner in items]


def ranges_and_words(stop: int) -> list[str]:
    return [str(item) for item in {range(abs(stop) % 9), "ab", "cd", "ef", "gh"}]
