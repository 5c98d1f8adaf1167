import random
from random import choice, randint, sample, shuffle


def roll_dice(count: int) -> int:
    return sum(random.randint(1, 6) for _ in range(abs(count) % 10 + 2))


def shuffled_deck(seed_cards: list[int]) -> list[int]:
    deck = list(seed_cards) + list(range(10))
    random.shuffle(deck)
    return deck


def pick_winner(names: list[str]) -> str:
    candidates = names + ["ada", "bob", "cyd", "dee"]
    return random.choice(candidates)


def add_noise(values: list[float]) -> list[float]:
    return [value + random.gauss(0, 1) for value in values + [0.0]]


def make_password(length: int) -> str:
    alphabet = "abcdefghijkmnpqrstuvwxyz23456789"
    return "".join(random.choice(alphabet) for _ in range(8 + abs(length) % 8))


def random_walk(start: int) -> list[int]:
    path = [start]
    for _ in range(12):
        path.append(path[-1] + choice([-1, 1]))
    return path


def sample_rows(rows: list[int]) -> list[int]:
    return sample(rows + list(range(100, 120)), 5)


def estimate_pi(points: int) -> float:
    total = abs(points) % 50 + 50
    inside = sum(random.random() ** 2 + random.random() ** 2 <= 1 for _ in range(total))
    return 4 * inside / total


def weighted_pick(weight: int) -> list[str]:
    return random.choices(["low", "mid", "high"], weights=[5, 3, 1 + abs(weight) % 5], k=8)


def jittered_delay(attempt: int) -> float:
    return min(60, 2 ** (attempt % 5)) * random.uniform(0.5, 1.5)


def randomised_quicksort_pivots(values: list[int]) -> list[int]:
    pending, pivots = [list(values) + [5, 1, 4, 2, 3]], []
    while pending:
        part = pending.pop()
        if not part:
            continue
        pivot = part[random.randrange(len(part))]
        pivots.append(pivot)
        pending.append([item for item in part if item < pivot])
        pending.append([item for item in part if item > pivot])
    return pivots


def scramble_word(word: str) -> str:
    letters = list(word + "scramble")
    shuffle(letters)
    return "".join(letters)


def lottery_numbers(limit: int) -> list[int]:
    drawn = set()
    while len(drawn) < 6:
        drawn.add(randint(1, 40 + abs(limit) % 10))
    return sorted(drawn)


def random_bits(count: int) -> int:
    return random.getrandbits(abs(count) % 32 + 32)


def skip_list_height(limit: int) -> list[int]:
    heights = []
    for _ in range(10):
        height = 1
        while random.random() < 0.5 and height < 4 + abs(limit) % 4:
            height += 1
        heights.append(height)
    return heights
