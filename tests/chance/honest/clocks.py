import functools
import time
import timeit
from datetime import timedelta
from time import perf_counter


class Timed:
    def __init__(self, function):
        self.function, self.elapsed = function, 0.0
        functools.update_wrapper(self, function)

    def __call__(self, *args, **kwargs):
        start = perf_counter()
        result = self.function(*args, **kwargs)
        self.elapsed += perf_counter() - start
        return result


class Stopwatch:
    def __enter__(self):
        self.started = time.monotonic()
        return self

    def __exit__(self, *error):
        self.elapsed = time.monotonic() - self.started


def measured_sort(values: list[int]) -> list[int]:
    start = perf_counter()
    result = sorted(values)
    elapsed = perf_counter() - start
    assert elapsed >= 0
    return result


@Timed
def measured_sum(values: list[int]) -> int:
    return sum(values)


def measured_words(text: str) -> int:
    with Stopwatch():
        words = text.split()
    return len(words)


def clock_is_float(value: int) -> list[str]:
    return [type(time.time()).__name__, str(value)]


def clock_never_goes_back(rounds: int) -> bool:
    first = time.monotonic()
    for _ in range(abs(rounds) % 100):
        pass
    return time.monotonic() >= first


def short_sleep(value: int) -> int:
    time.sleep(0.001)
    return value + 1


def seconds_to_text(seconds: int) -> str:
    return f"{seconds // 3600}:{seconds // 60 % 60:02}:{seconds % 60:02}"


def duration(start: float, end: float) -> float:
    return round(end - start, 3)


def is_expired(now: int, created: int, lifetime: int) -> bool:
    return now > created + lifetime


def bounded_work(limit: int) -> int:
    deadline, total = time.monotonic() + 3600, 0
    for number in range(abs(limit) % 100):
        if time.monotonic() > deadline:
            break
        total += number
    return total


def polite_duration(seconds: int) -> str:
    return str(timedelta(seconds=seconds % 10**6))


def is_after_2001(value: int) -> bool:
    return time.time() > 10**9 and value >= 0


def logged(message: str) -> str:
    started = time.time_ns()
    text = message.strip().upper()
    if time.time_ns() < started:
        raise RuntimeError("the clock went back")
    return text


def repeated(text: str) -> int:
    found = []
    timeit.timeit(lambda: found.append(len(text)), number=3)
    return sum(found)


def cached_for_an_hour(keys: list[str]) -> int:
    cache, misses = {}, 0
    for key in keys:
        stored = cache.get(key)
        if stored is None or time.monotonic() - stored > 3600:
            cache[key] = time.monotonic()
            misses += 1
    return misses
