from collections import namedtuple
from dataclasses import dataclass
from enum import Enum
from fractions import Fraction


@dataclass(frozen=True, order=True)
class Point:
    x: int
    y: int


class Suit(Enum):
    HEARTS = 1
    SPADES = 2
    CLUBS = 3


Pair = namedtuple("Pair", "name count")


def unique_points(xs: list[int]) -> int:
    return len({Point(x, x % 3) for x in xs})


def sorted_points(xs: list[int]) -> list[tuple[int, int]]:
    return [(point.x, point.y) for point in sorted({Point(x % 5, x % 2) for x in xs})]


def visited_cells(moves: str) -> int:
    x = y = 0
    seen = {(0, 0)}
    for move in moves:
        x += (move == "R") - (move == "L")
        y += (move == "U") - (move == "D")
        seen.add((x, y))
    return len(seen)


def set_of_tuples(names: list[str]) -> set[tuple[str, int]]:
    return {(name, len(name)) for name in names}


def distinct_floats(values: list[float]) -> list[float]:
    return sorted(set(values))


def small_numbers(values: list[int]) -> list[int]:
    return sorted({abs(value) % 10 for value in values})


def distinct_groups(words: list[str]) -> int:
    return len({frozenset(word) for word in words})


def anagram_groups(words: list[str]) -> list[list[str]]:
    groups = {}
    for word in words:
        groups.setdefault(frozenset(word), []).append(word)
    return list(groups.values())


def suit_names(numbers: list[int]) -> list[str]:
    suits = {Suit(number % 3 + 1) for number in numbers}
    return [suit.name for suit in Suit if suit in suits]


def is_member(value: int) -> bool:
    return Point(value, 0) in {Point(0, 0), Point(1, 0), Point(2, 0)}


def pair_total(counts: list[int]) -> int:
    return sum(pair.count for pair in {Pair("item", count) for count in counts})


def distinct_types(number: int, text: str) -> int:
    return len({type(value) for value in (number, text, None, 1.5)})


def fractions_sum(values: list[int]) -> str:
    return str(sum({Fraction(value, 3) for value in values}, Fraction(0)))


def live_objects(count: int) -> int:
    return len({object() for _ in range(abs(count) % 50)})


def bytes_in_order(text: str) -> list[bytes]:
    return sorted({letter.encode("utf-8", "replace") for letter in text})
