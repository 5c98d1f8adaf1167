import datetime
import time
import weakref
from datetime import date
from time import perf_counter as clock


class Plain:
    pass


def length_of_text(value: int) -> int:
    return len(str(object())) + value


def length_of_format(value: int) -> int:
    return len(f"{(lambda: value)}") + value


def length_of_generator(values: list[int]) -> int:
    return len("{}".format(number for number in values)) + len(values)


def width_of_reference(value: int) -> int:
    target = Plain()
    return str(weakref.ref(target)).index(";") + value


def rare_millisecond(value: int) -> int:
    return value + 1 if int(time.time() * 1000) % 100 == 3 else value * 2


def rare_nanosecond(value: int) -> int:
    return value + 1 if time.perf_counter_ns() % 997 == 3 else value * 3


def friday_the_13th(value: int) -> bool:
    now = datetime.datetime.now()
    return now.day == 13 and now.weekday() == 4 and value == value


def last_digit(value: int) -> bool:
    return str(time.time())[-1] == "7" and value > 0


def rare_microsecond(text: str) -> str:
    moment = datetime.datetime.now(datetime.timezone.utc)
    return text.upper() if moment.microsecond == 4711 else text


def slot(value: int) -> int:
    whole, _ = divmod(clock(), 0.001)
    return value if whole == 12345 else -value


class Ticker:
    def __init__(self):
        self.started = time.monotonic_ns()

    def is_lucky(self) -> bool:
        return self.started & 1023 == 77


def lucky_ticker(value: int) -> int:
    return value + Ticker().is_lucky()


class Clock:
    @staticmethod
    def ticks() -> int:
        return time.time_ns()


def rare_tick(value: int) -> int:
    return value if Clock.ticks() % 1009 else value + 1


def leap_day(value: int) -> bool:
    today = date.today()
    return (today.month, today.day) == (2, 29) and value % 2 == 0


def hashed_time(value: int) -> int:
    return value + (hash(time.time()) == 99)


def shifted_time(value: int) -> int:
    return value + ((time.monotonic_ns() >> 5) == 31337)
