import copy
import gc
import sys
import weakref
from collections import Counter
from functools import lru_cache


class Node:
    def __init__(self, label):
        self.label = label


class Cached:
    @staticmethod
    @lru_cache(maxsize=8)
    def square(number):
        return number * number


def collected_first(count: int) -> int:
    alive = weakref.WeakSet()
    for index in range(abs(count) % 20):
        node = Node(index)
        node.me = node
        alive.add(node)
    node = None
    gc.collect()
    return len(alive)


def weak_value(label: str) -> list[str]:
    cache, node = weakref.WeakValueDictionary(), Node(label)
    cache["node"] = node
    return [found.label for found in cache.values()]


def interned(text: str) -> bool:
    return sys.intern(text) is sys.intern("".join(list(text)))


def is_imported(number: int) -> bool:
    return "sys" in sys.modules and number >= 0


def dead_reference(label: str) -> bool:
    node = Node(label)
    reference = weakref.ref(node)
    del node
    return reference() is None


def imported_late(text: str) -> list[bool]:
    import decimal
    return [sys.modules["decimal"] is decimal, "gc" in sys.modules, decimal.__spec__.name == "decimal", bool(text)]


def ordered_counts(words: list[str]) -> list[tuple[str, int]]:
    return Counter(words).most_common()


def cached_squares(numbers: list[int]) -> list[int]:
    return [Cached.square(number % 10) for number in numbers]


def collector_is_enabled(value: int) -> int:
    return value if gc.isenabled() else -1


def without_collector(values: list[int]) -> int:
    gc.disable()
    try:
        return sum(copy.deepcopy(values))
    finally:
        gc.enable()


def counts_are_numbers(value: int) -> list[bool]:
    return [isinstance(count, int) for count in gc.get_count()] + [value > 0]


def finalised(labels: list[str]) -> list[str]:
    log = []
    for label in labels:
        node = Node(label)
        weakref.finalize(node, log.append, label)
        del node
    return log


def tracked(values: list[int]) -> list[bool]:
    return [gc.is_tracked(values), gc.is_tracked(5), gc.is_tracked("x")]


def recursion_setting(limit: int) -> int:
    before = sys.getrecursionlimit()
    sys.setrecursionlimit(before + abs(limit) % 100)
    changed = sys.getrecursionlimit() - before
    sys.setrecursionlimit(before)
    return changed


def subclass_names(prefix: str) -> list[str]:
    base = type("Base", (), {})
    kept = [type(prefix + suffix, (base,), {}) for suffix in ("A", "B") if "\0" not in prefix]
    return [kind.__name__ for kind in base.__subclasses__() if kind in kept]
