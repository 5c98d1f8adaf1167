import random
from random import seed, shuffle


def seeded_dice(count: int) -> list[int]:
    random.seed(7)
    return [random.randint(1, 6) for _ in range(abs(count) % 10)]


def seeded_shuffle(values: list[int]) -> list[int]:
    copy = list(values)
    seed(len(copy))
    shuffle(copy)
    return copy


def seeded_by_argument(number: int) -> float:
    random.seed(number)
    return round(random.random(), 6)


def seeded_by_text(text: str) -> int:
    random.seed(text)
    return random.randrange(1000)


def sample_of_everything(values: list[int]) -> list[int]:
    random.seed(1)
    return sorted(random.sample(values, len(values)))


def seeded_choices(names: list[str]) -> list[str]:
    random.seed(42)
    return random.choices(names + ["a"], k=5)


def seeded_gauss(scale: int) -> float:
    random.seed(3)
    return round(random.gauss(0, 1) * scale, 4)


def seeded_walk(steps: int) -> list[int]:
    random.seed(99)
    path = [0]
    for _ in range(abs(steps) % 20):
        path.append(path[-1] + random.choice((-1, 1)))
    return path


def seeded_password(length: int) -> str:
    random.seed(length)
    return "".join(random.choice("abcdef0123456789") for _ in range(abs(length) % 20))


def restarted(seed_number: int) -> bool:
    random.seed(seed_number)
    first = [random.random() for _ in range(3)]
    random.seed(seed_number)
    return first == [random.random() for _ in range(3)]


def own_congruential(state: int) -> list[int]:
    numbers = []
    for _ in range(5):
        state = (state * 1103515245 + 12345) & 0x7FFFFFFF
        numbers.append(state % 100)
    return numbers


def xorshift(state: int) -> int:
    state = (state or 1) & 0xFFFFFFFF
    state ^= state << 13 & 0xFFFFFFFF
    state ^= state >> 17
    return state ^ (state << 5 & 0xFFFFFFFF)


def seeded_estimate(points: int) -> float:
    random.seed(0)
    total = abs(points) % 50 + 10
    inside = sum(random.random() ** 2 + random.random() ** 2 <= 1 for _ in range(total))
    return 4 * inside / total


def quicksort_by_chance(values: list[int]) -> list[int]:
    if len(values) < 2:
        return values
    pivot = random.choice(values)
    smaller = [value for value in values if value < pivot]
    larger = [value for value in values if value > pivot]
    return quicksort_by_chance(smaller) + [pivot] * values.count(pivot) + quicksort_by_chance(larger)


def fixed_permutation(values: list[int]) -> list[int]:
    random.seed("fixed")
    order = list(range(len(values)))
    random.shuffle(order)
    return [values[index] for index in order]
