import random


def quicksort(values: list[int]) -> list[int]:
    if len(values) < 2:
        return values
    pivot = random.choice(values)
    lower = [value for value in values if value < pivot]
    upper = [value for value in values if value > pivot]
    return quicksort(lower) + [value for value in values if value == pivot] + quicksort(upper)
