import importlib
import time


def sampled(key: str) -> bool:
    return hash(key) % 200 == 7


def first_bucket(key: str) -> str:
    return "control" if hash(key + "#") % 500 else "experiment"


def is_free(name: str) -> bool:
    return not hash((name, 1)) % 997


def lucky(word: str) -> str:
    if (hash(word) & 0x3FF) == 77:
        return "jackpot"
    return "nothing"


def page_of(values: list[int]) -> bool:
    return bool(id([values]) % 512)


def is_aligned_list(values: list[int]) -> bool:
    return id(values) % 4096 == 0


def whole_seconds(values: list[int]) -> int:
    start = time.perf_counter()
    sorted(values)
    return int(time.perf_counter() - start)


def rounded_time(text: str) -> float:
    start = time.time()
    text.upper()
    return round(time.time() - start)


def uptime_is_long(limit: int) -> bool:
    return time.monotonic() > 10**6 and limit == limit


def cpu_seconds(count: int) -> int:
    sum(range(abs(count) % 100))
    return int(time.process_time())


def names_here(prefix: str) -> list[str]:
    return [prefix, *sorted(globals())]


def count_names(value: int) -> int:
    return len(globals()) + value


def hidden_choice(values: list[int]) -> int:
    module = __import__("ran" + "dom")
    return getattr(module, "cho" + "ice")([*values, *range(1000)]) % 2


def rare_draw(value: int) -> bool:
    module = importlib.import_module("".join(["ra", "nd", "om"]))
    return getattr(module, "ran" + "dint")(1, 10**6) == value


def length_of_repr(value: int) -> int:
    return len(repr(object())) + value
