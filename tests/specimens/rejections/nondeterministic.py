import random


def roll(sides: int) -> float:
    return abs(sides) + random.random()
