"""Twenty typed functions of many kinds of arguments, for a small model to propose inputs for."""

from typing import Literal, Optional, Union


def digits_sum(number: int) -> int:
    return sum(int(digit) for digit in str(abs(number)))


def fahrenheit(celsius: float) -> float:
    if celsius < -273.15:
        raise ValueError("below absolute zero")
    return round(celsius * 9 / 5 + 32, 2)


def initials(name: str) -> str:
    return "".join(word[0].upper() + "." for word in name.split())


def toggle(state: bool, times: int) -> bool:
    return state if times % 2 == 0 else not state


def running_max(values: list[int]) -> list[int]:
    best, result = None, []
    for value in values:
        best = value if best is None or value > best else best
        result.append(best)
    return result


def longest(words: list[str]) -> str:
    if not words:
        return ""
    return max(words, key=len)


def mean(values: list[float], default: float = 0.0) -> float:
    return sum(values) / len(values) if values else default


def total_price(prices: dict[str, int], discount: float) -> float:
    total = sum(prices.values())
    return total * (1 - discount) if 0 <= discount <= 1 else float(total)


def manhattan(a: tuple[int, int], b: tuple[int, int]) -> int:
    return abs(a[0] - b[0]) + abs(a[1] - b[1])


def label(entry: tuple[str, int]) -> str:
    name, count = entry
    return name if count == 1 else f"{name} x{count}"


def pad(text: str, width: Optional[int] = None) -> str:
    return text if width is None else text.rjust(width, ".")


def common(left: set[int], right: set[int]) -> list[int]:
    return sorted(left & right)


def flatten(rows: list[list[int]]) -> list[int]:
    return [cell for row in rows for cell in row]


def invert(mapping: dict[int, str]) -> dict[str, int]:
    return {value: key for key, value in mapping.items()}


def describe(value: Union[int, str]) -> str:
    if isinstance(value, str):
        return f"text of {len(value)}"
    return "even" if value % 2 == 0 else "odd"


def convert(amount: float, unit: Literal["km", "mile"]) -> float:
    return amount * 1.609344 if unit == "mile" else amount / 1.609344


def group(pairs: list[tuple[str, int]]) -> dict[str, list[int]]:
    groups: dict[str, list[int]] = {}
    for key, value in pairs:
        groups.setdefault(key, []).append(value)
    return groups


def grade(points: int, bonus: Optional[int]) -> str:
    points += bonus or 0
    if points >= 90:
        return "A"
    if points >= 50:
        return "B"
    return "C"


def vowels(text: str, upper: bool = False) -> set[str]:
    found = {letter for letter in text.lower() if letter in "aeiou"}
    return {letter.upper() for letter in found} if upper else found


def checksum(data: bytes, seed: int = 7) -> int:
    for byte in data:
        seed = (seed * 31 + byte) % 65521
    return seed
