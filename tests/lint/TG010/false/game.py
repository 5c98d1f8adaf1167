import random


def roll(sides):
    return random.randint(1, sides)
