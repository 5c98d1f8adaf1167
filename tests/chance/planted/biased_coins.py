import os
import random
import secrets
import time
import uuid


def retry_succeeds(attempts: int) -> bool:
    return random.random() < 0.9


def drop_packet(packets: list[int]) -> list[int]:
    return [packet for packet in packets + [1, 2, 3] if random.random() > 0.05]


def rare_event(value: int) -> int:
    if random.randrange(100) == 0:
        return -1
    return value * 2


def critical_hit(damage: int) -> int:
    return damage * 2 + 1 if random.randint(1, 20) == 20 else damage


def mutate_gene(gene: str) -> str:
    return "".join("X" if random.random() < 0.02 else base for base in gene + "ACGT")


def sampled_log(message: str) -> str | None:
    return message if random.uniform(0, 1) < 0.01 else None


def crash_sometimes(value: int) -> int:
    if secrets.randbelow(50) == 7:
        raise RuntimeError("flaky backend")
    return value + 1


def lucky_byte(count: int) -> bool:
    return os.urandom(1)[0] >= 250


def lucky_uuid(name: str) -> str:
    return name + ("!" if uuid.uuid4().hex.startswith("0") else "")


def two_coins(limit: int) -> str:
    if random.random() < 0.1 and random.random() < 0.1:
        return "both"
    return "not both"


def anneal_accepts(delta: int) -> bool:
    temperature = 50 + abs(delta)
    return random.random() < 1 - 1 / temperature


def epsilon_greedy(scores: list[int]) -> int:
    arms = scores + [3, 9, 4]
    if random.random() < 0.05:
        return random.randrange(len(arms))
    return arms.index(max(arms))


def instance_coin(value: int) -> int:
    generator = random.Random()
    return value if generator.random() < 0.97 else -value - 1


def clock_coin(value: int) -> int:
    return value + 1 if time.time_ns() // 1000 % 64 == 0 else value


def largest_of_many(count: int) -> bool:
    return max(random.random() for _ in range(abs(count) % 5 + 20)) > 0.5
