from functools import reduce
from itertools import chain


def common_words(left: list[str], right: list[str]) -> list[str]:
    return sorted(set(left) & set(right))


def missing_keys(options: dict[str, int]) -> list[str]:
    return sorted({"host", "port", "user"} - options.keys())


def either_but_not_both(left: str, right: str) -> set[str]:
    return set(left) ^ set(right)


def pop_only(name: str) -> str:
    pool = {name}
    return pool.pop()


def largest(words: list[str]) -> str:
    return max(sorted(set(words)), key=len, default="")


def first_in_order(names: list[str]) -> str:
    return next(iter(sorted(set(names))), "")


def keys_in_order(names: list[str]) -> list[str]:
    return list(dict.fromkeys(names))


def jaccard(left: str, right: str) -> float:
    union = set(left) | set(right)
    return round(len(set(left) & set(right)) / len(union), 4) if union else 1.0


def union_of_all(groups: list[list[int]]) -> list[int]:
    return sorted(set(chain.from_iterable(groups)))


def shared_by_all(texts: list[str]) -> set[str]:
    return reduce(lambda kept, text: kept & set(text), texts[1:], set(texts[0])) if texts else set()


def filtered(names: list[str], banned: list[str]) -> list[str]:
    unwanted = frozenset(banned)
    return [name for name in names if name not in unwanted]


def is_subset(left: list[int], right: list[int]) -> bool:
    return set(left).issubset(right)


def drain(names: list[str]) -> int:
    left, popped = set(names), 0
    while left:
        left.pop()
        popped += 1
    return popped


def powerset_size(items: list[str]) -> int:
    subsets = {frozenset()}
    for item in items[:6]:
        subsets |= {subset | {item} for subset in subsets}
    return len(subsets)


def reachable(edges: list[int], start: int) -> set[int]:
    seen, pending = set(), {start}
    while pending:
        node = pending.pop()
        seen.add(node)
        pending |= {edge for edge in edges if abs(edge - node) <= 2} - seen
    return seen
