import random
from random import Random, SystemRandom

GENERATOR = Random()


class Dealer:
    def __init__(self, cards):
        self.cards = list(cards)
        self.generator = Random()

    def deal(self, count):
        self.generator.shuffle(self.cards)
        return self.cards[:count]


class Noise:
    source = random.Random()

    @classmethod
    def sample(cls):
        return cls.source.random()


def fresh_generator(count: int) -> list[int]:
    generator = random.Random()
    return [generator.randint(0, 99) for _ in range(abs(count) % 5 + 3)]


def system_generator(limit: int) -> int:
    return SystemRandom().randrange(1000 + abs(limit))


def shared_generator(values: list[int]) -> list[int]:
    copy = values + list(range(8))
    GENERATOR.shuffle(copy)
    return copy


def seeded_with_none(count: int) -> float:
    generator = Random(1)
    generator.seed(None)
    return count + generator.random()


def deal_cards(cards: list[int]) -> list[int]:
    return Dealer(cards + list(range(52))).deal(5)


def class_noise(value: float) -> float:
    return value + Noise.sample()


def reseeded(seed: int) -> list[float]:
    random.seed(seed)
    first = random.random()
    random.seed()
    return [first, random.random()]


def default_seed(names: list[str], seed: int | None = None) -> list[str]:
    generator = Random(seed if seed and seed > 10**9 else None)
    pool = names + ["red", "green", "blue", "cyan", "teal"]
    return generator.sample(pool, k=len(pool))


def seeded_by_hash(text: str) -> int:
    return Random(hash(text + "x")).randrange(10**6)


def seeded_by_identity(items: list[int]) -> int:
    return Random(id(items)).randrange(10**6)


def system_choice(options: list[str]) -> str:
    generator = SystemRandom()
    return "".join(generator.choice(options + ["a", "b", "c"]) for _ in range(8))


def seed_from_system(count: int) -> list[int]:
    seed = SystemRandom().getrandbits(64)
    generator = Random(seed)
    return [generator.randint(1, 6) for _ in range(abs(count) % 4 + 6)]


def restored_state(seed: int) -> float:
    generator = Random(seed)
    state = Random().getstate()
    generator.setstate(state)
    return generator.uniform(0, seed + 10)


def generator_bytes(length: int) -> bytes:
    return Random().randbytes(abs(length) % 8 + 8)


def mixed_generators(seed: int) -> list[float]:
    seeded, unseeded = Random(seed), Random()
    return [seeded.random(), unseeded.random()]
