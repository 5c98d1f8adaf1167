import datetime
import logging
import time
from dataclasses import dataclass


@dataclass
class Point:
    x: int
    y: int


class Named:
    def __init__(self, name):
        self.name = name

    def __repr__(self):
        return f"Named({self.name!r})"


def length_of_point(x: int, y: int) -> int:
    return len(str(Point(x, y)))


def length_of_named(name: str) -> int:
    return len(f"{Named(name)}")


def length_of_builtin(value: int) -> int:
    return len(str(len)) + len(repr(int)) + value


def name_in_text(value: int) -> str:
    return str(name_in_text).split()[1] + str(value)


def kind_in_text(value: int) -> bool:
    return str(object()).startswith("<object object at 0x") and value == value


def without_address(value: int) -> str:
    text = repr(Exception(value))
    return text.split(" at ")[0]


def millisecond(seconds: float) -> int:
    return int(seconds * 1000) % 100


def is_friday_the_13th(year: int, month: int) -> bool:
    return datetime.date(year % 9000 + 1, month % 12 + 1, 13).weekday() == 4


def microsecond_of(text: str) -> int:
    try:
        return datetime.datetime.fromisoformat(text).microsecond
    except ValueError:
        return -1


def day_of(seconds: int) -> int:
    return time.gmtime(seconds % 10**9).tm_mday


def timed_digits(value: int) -> int:
    start = time.perf_counter()
    digits = sum(int(digit) for digit in str(abs(value)))
    logging.getLogger("digits").debug("took %.1f s", time.perf_counter() - start)
    return digits


def minutes_and_seconds(total: int) -> tuple[int, int]:
    return divmod(total, 60)


def shifted(nanoseconds: int) -> int:
    return nanoseconds >> 5


def until_deadline(values: list[int]) -> int:
    deadline, total = time.monotonic() + 60, 0
    for value in values:
        if time.monotonic() > deadline:
            raise TimeoutError
        total += value % 7
    return total


def leap_days(year: int) -> bool:
    return year % 4 == 0 and (year % 100 != 0 or year % 400 == 0)
