import random
from random import Random


class Deck:
    def __init__(self, cards, seed):
        self.cards = list(cards)
        self.generator = Random(seed)

    def deal(self, count):
        self.generator.shuffle(self.cards)
        return self.cards[:count]


class Congruential:
    def __init__(self, seed):
        self.state = seed & 0x7FFFFFFF

    def next(self):
        self.state = (self.state * 48271) % 0x7FFFFFFF
        return self.state


def seeded_instance(number: int) -> list[int]:
    generator = random.Random(number)
    return [generator.randint(0, 99) for _ in range(5)]


def fixed_instance(values: list[int]) -> list[int]:
    copy = list(values)
    Random(2024).shuffle(copy)
    return copy


def seeded_by_text(text: str) -> float:
    return round(Random(text).random(), 8)


def seeded_by_bytes(text: str) -> int:
    return Random(text.encode("utf-8", "replace")).getrandbits(16)


def deal_from_deck(cards: list[int], number: int) -> list[int]:
    return Deck(cards, number).deal(3)


def own_generator(number: int) -> list[int]:
    generator = Congruential(number or 1)
    return [generator.next() % 10 for _ in range(6)]


def same_seed_agrees(number: int) -> bool:
    return Random(number).random() == Random(number).random()


def restored_state(number: int) -> bool:
    generator = Random(number)
    state = generator.getstate()
    first = generator.random()
    generator.setstate(state)
    return generator.random() == first


def reseeded(number: int) -> int:
    generator = Random()
    generator.seed(number)
    return generator.randrange(10**6)


def sampled(names: list[str]) -> list[str]:
    return Random(5).sample(names, k=min(2, len(names)))


def seeded_bytes(length: int) -> bytes:
    return Random(length).randbytes(abs(length) % 8)


def seeded_weights(weights: list[int]) -> list[int]:
    usable = [abs(weight) + 1 for weight in weights + [1, 2]]
    return Random(11).choices(range(len(usable)), weights=usable, k=6)


def seeded_floats(low: float, high: float) -> list[float]:
    generator = Random(13)
    return [round(generator.uniform(low, high), 3) for _ in range(3)]


def stable_partition(rows: list[int], seed: int) -> tuple[list[int], list[int]]:
    generator = Random(seed)
    kept = [row for row in rows if generator.random() < 0.5]
    return kept, rows[len(kept):]


def is_generator(value: int) -> bool:
    return isinstance(Random(value), random.Random)
