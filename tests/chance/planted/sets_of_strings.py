import json
import re
from itertools import chain

COLOURS = {"red", "green", "blue", "cyan", "teal", "pink"}


def unique_words(text: str) -> list[str]:
    return list(set(re.findall(r"\w+", text + " the quick brown fox jumps")))


def deduplicate(names: list[str]) -> list[str]:
    return [name for name in set(names + ["ada", "bob", "cyd", "dee", "eve"])]


def joined_tags(tags: list[str]) -> str:
    return ",".join(set(tags) | {"new", "sale", "hot", "top"})


def number_words(text: str) -> dict[str, int]:
    return {word: index for index, word in enumerate(set(text.split()) | COLOURS)}


def first_colour(prefix: str) -> str:
    for colour in COLOURS:
        return prefix + colour
    return prefix


def print_colours(prefix: str) -> None:
    for colour in COLOURS:
        print(prefix, colour)


def letters_in_order(text: str) -> str:
    return "".join({letter for letter in text + "determinism"})


def longest_word(words: list[str]) -> str:
    return max(set(words) | {"alpha", "gamma", "delta", "theta", "kappa"}, key=len)


def vocabulary_json(text: str) -> str:
    return json.dumps(list(set(text.split()).union(["a", "an", "the", "of"])))


def zip_with_numbers(names: list[str]) -> list[tuple[str, int]]:
    return list(zip(set(names) | COLOURS, range(4)))


def encode_labels(labels: list[str]) -> list[int]:
    codes = {label: code for code, label in enumerate(set(labels) | COLOURS)}
    return [codes[label] for label in labels + ["red", "blue", "teal"]]


def alternatives(words: list[str]) -> str:
    return "|".join(re.escape(word) for word in frozenset(words + ["yes", "no", "maybe", "never"]))


def sorted_by_length(words: list[str]) -> list[str]:
    return sorted(set(words + ["one", "two", "six", "ten", "red"]), key=len)


def take_three(text: str) -> list[str]:
    pool = set(chain(text, "abcdefgh"))
    return [pool.pop() for _ in range(3)]


def group_by_initial(names: list[str]) -> dict[str, list[str]]:
    groups = {}
    for name in set(names) | {"ann", "abe", "amy", "ada", "alf"}:
        groups.setdefault(name[:1], []).append(name)
    return groups
