import time
import timeit
from time import monotonic, perf_counter, process_time


def timestamp(event: str) -> str:
    return f"{event}@{time.time()}"


def seconds_now(offset: int) -> int:
    return int(time.time()) + offset


def elapsed(values: list[int]) -> float:
    start = perf_counter()
    sorted(values * 50)
    return perf_counter() - start


def deadline(seconds: float) -> float:
    return monotonic() + seconds


def cpu_used(count: int) -> float:
    start = process_time()
    sum(i * i for i in range(abs(count) % 1000))
    return process_time() - start


def is_expired(expiry: int) -> bool:
    return time.time_ns() // 1000 % 2 == expiry % 2


def nanosecond_id(prefix: str) -> str:
    return f"{prefix}{time.time_ns()}"


def benchmark(text: str) -> float:
    return timeit.timeit(lambda: text.split(","), number=10)


def age_in_hours(created: int) -> float:
    return (time.time() - created) / 3600


def clock_parity(value: int) -> int:
    return value * 2 + time.monotonic_ns() // 1000 % 2


def timed_result(values: list[int]) -> tuple[int, float]:
    start = time.perf_counter_ns()
    total = sum(values)
    return total, time.perf_counter_ns() - start


def time_seeded_number(limit: int) -> int:
    state = int(time.time() * 1000) & 0xFFFFFFFF
    return (state * 1103515245 + 12345) % (100 + abs(limit))


def log_line(message: str) -> None:
    print(f"[{time.time():.3f}] {message}")


def rate(count: int) -> float:
    return (count + 1) / (time.process_time_ns() + 1)


class Stopwatch:
    def __init__(self):
        self.started = time.monotonic()

    def lap(self):
        return time.monotonic() - self.started


def lap_times(laps: int) -> list[float]:
    watch = Stopwatch()
    return [watch.lap() for _ in range(abs(laps) % 4 + 1)]
