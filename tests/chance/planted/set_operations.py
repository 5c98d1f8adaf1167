from functools import reduce
from itertools import islice


def common_words(left: list[str], right: list[str]) -> list[str]:
    shared = ["alpha", "beta", "gamma", "delta", "eps"]
    return list(set(left + shared) & set(right + shared))


def missing_keys(options: dict[str, int]) -> list[str]:
    required = {"host", "port", "user", "password", "database"}
    return [key for key in required - options.keys()]


def either_but_not_both(text: str) -> str:
    return "".join(set(text + "abcdef") ^ set("defghijk"))


def pop_one(items: list[str]) -> str:
    pool = set(items + ["north", "south", "east", "west", "up"])
    return pool.pop()


def text_of_set(words: list[str]) -> str:
    return f"found: {set(words + ['tic', 'tac', 'toe', 'top'])}"


def keys_of_set(names: list[str]) -> list[str]:
    return list(dict.fromkeys(set(names + ["x1", "y2", "z3", "w4", "v5"]), 0))


def last_of_set(names: list[str]) -> tuple[str, int]:
    marks = dict.fromkeys(set(names) | {"mon", "tue", "wed", "thu", "fri"}, 1)
    return marks.popitem()


def first_by_length(words: list[str]) -> str:
    return min({"ab", "cd", "ef", "gh", *words}, key=lambda word: abs(len(word) - 2))


def next_of_union(left: list[str], right: list[str]) -> str:
    return next(iter(set(left).union(right, ["one", "two", "three", "four"])))


def unpack_first(text: str) -> tuple[str, int]:
    first, *rest = set(text + "unpacked")
    return first, len(rest)


def common_keys(first: dict[str, int], second: dict[str, int]) -> list[str]:
    base = {"id": 1, "name": 2, "size": 3, "kind": 4, "date": 5}
    return list((first | base).keys() & (second | base).keys())


def folded(words: list[str]) -> str:
    return reduce(lambda total, word: total + word[:1], {"ant", "bee", "cat", "dog", "emu", *words}, "")


def some_items(data: dict[str, int]) -> list[tuple[str, int]]:
    defaults = {"a": 1, "b": 2, "c": 3, "d": 4}
    return list(islice(defaults.items() | data.items(), 3))


def discard_until_small(names: list[str]) -> set[str]:
    left = set(names) | {"p", "q", "r", "s", "t", "u"}
    while len(left) > 3:
        left.pop()
    return left


def closest_pair(text: str) -> str:
    best = None
    for letter in {"b", "d", "f", "h", "j"}.difference(text[:1]):
        if best is None or len(letter) > len(best):
            best = letter
    return best
