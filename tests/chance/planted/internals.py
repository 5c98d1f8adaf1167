import gc
import logging
import sys
import weakref


class Node:
    def __init__(self, label):
        self.label = label
        self.me = self


def collector_counts(offset: int) -> int:
    return gc.get_count()[0] + offset


def tracked_objects(offset: int) -> int:
    return len(gc.get_objects()) + offset


def references_to_module(offset: int) -> int:
    return sys.getrefcount(sys) + offset


def module_count(offset: int) -> int:
    return len(sys.modules) + offset


def last_modules(count: int) -> list[str]:
    return list(sys.modules)[-3 - abs(count) % 3:]


def has_decimal(text: str) -> str:
    return f"{text} exact" if "decimal" in sys.modules else f"{text} rounded"


def surviving_cycles(count: int) -> int:
    alive = weakref.WeakSet()
    for index in range(2500 + abs(count) % 100):
        alive.add(Node(index))
    return len(alive)


def collections_so_far(generation: int) -> int:
    return gc.get_stats()[generation % 3]["collections"]


def allocated_blocks(offset: int) -> int:
    return sys.getallocatedblocks() + offset


def subclass_count(offset: int) -> int:
    return len(object.__subclasses__()) + offset


def referrers(offset: int) -> int:
    return len(gc.get_referrers(Exception)) + offset


def import_path(name: str) -> list[str]:
    return [f"{folder}/{name}" for folder in sys.path]


def known_loggers(name: str) -> list[str]:
    return sorted([*logging.root.manager.loggerDict, name])


def weak_order(labels: list[str]) -> list[str]:
    nodes = [Node(label) for label in labels + ["a", "b", "c", "d", "e", "f"]]
    return [node.label for node in weakref.WeakSet(nodes)]


def uncollected(labels: list[str]) -> int:
    for label in labels + ["x", "y"]:
        Node(label)
    return sum(1 for item in gc.get_objects() if type(item) is dict) + gc.collect()
