import hashlib
import itertools
import random
import zlib


def drops_by_checksum(packets: list[int]) -> list[int]:
    return [packet for packet in packets if zlib.crc32(str(packet).encode()) % 20]


def every_tenth(value: int) -> bool:
    return value % 10 == 0


def rollout(user: str, percent: int) -> bool:
    digest = hashlib.md5(user.encode("utf-8", "replace")).digest()
    return digest[0] * 100 // 256 < percent


def seeded_coin(number: int) -> bool:
    return random.Random(number).random() < 0.9


def seeded_mutation(gene: str) -> str:
    generator = random.Random(len(gene))
    return "".join("X" if generator.random() < 0.1 else base for base in gene)


def certain(value: int) -> int:
    return value if random.Random(1).random() < 1 else -value


def expected_value(probability: float, prize: int) -> float:
    return min(max(probability, 0.0), 1.0) * prize


def survival(rate: float, years: int) -> float:
    return round((1 - min(abs(rate), 1)) ** (abs(years) % 50), 6)


def birthday_clash(people: int) -> float:
    clear = 1.0
    for taken in range(abs(people) % 100):
        clear *= (365 - taken) / 365
    return round(1 - clear, 6)


def fair_rotation(players: list[str], turn: int) -> str | None:
    return players[turn % len(players)] if players else None


def parity_coin(text: str) -> str:
    return "heads" if sum(map(ord, text)) % 2 else "tails"


def seeded_tosses(number: int) -> str:
    generator = random.Random(number)
    return "".join("HT"[generator.random() < 0.3] for _ in range(12))


def longest_run(tosses: list[bool]) -> int:
    return max((len(list(group)) for _, group in itertools.groupby(tosses)), default=0)


def binomial(trials: int, wins: int) -> int:
    trials, wins = abs(trials) % 30, abs(wins) % 30
    result = 1
    for step in range(min(wins, trials)):
        result = result * (trials - step) // (step + 1)
    return result


def dice_outcomes(target: int) -> int:
    return sum(1 for roll in itertools.product(range(1, 7), repeat=2) if sum(roll) == target)
