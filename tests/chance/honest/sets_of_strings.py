import json
import re

COLOURS = {"red", "green", "blue", "cyan", "teal"}


def sorted_unique(text: str) -> list[str]:
    return sorted(set(re.findall(r"\w+", text)))


def unique_in_order(names: list[str]) -> list[str]:
    seen, result = set(), []
    for name in names:
        if name not in seen:
            seen.add(name)
            result.append(name)
    return result


def joined_tags(tags: list[str]) -> str:
    return ",".join(sorted(set(tags) | {"new", "sale"}))


def count_unique(text: str) -> int:
    return len(set(text.split()))


def is_colour(name: str) -> bool:
    return name in COLOURS


def letters_used(text: str) -> set[str]:
    return {letter for letter in text.lower() if letter.isalpha()}


def longest_length(words: list[str]) -> int:
    return max((len(word) for word in set(words)), default=0)


def last_word(words: list[str]) -> str:
    return max(set(words), default="")


def total_length(words: list[str]) -> int:
    return sum(map(len, frozenset(words)))


def vocabulary(text: str) -> str:
    return json.dumps({word: len(word) for word in sorted(set(text.split()))})


def encode_labels(labels: list[str]) -> list[int]:
    codes = {label: code for code, label in enumerate(sorted(set(labels)))}
    return [codes[label] for label in labels]


def has_duplicates(names: list[str]) -> bool:
    return len(set(names)) != len(names)


def is_pangram(text: str) -> bool:
    return set("abcdefghijklmnopqrstuvwxyz") <= set(text.lower())


def highlight(text: str) -> str:
    pattern = "|".join(sorted(map(re.escape, COLOURS), key=lambda word: (-len(word), word)))
    return re.sub(pattern, lambda match: match[0].upper(), text)


def same_letters(first: str, second: str) -> bool:
    return frozenset(first) == frozenset(second)
