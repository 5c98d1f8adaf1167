def clamp(value: int, low: int, high: int) -> int:
    if value < low:
        return low
    if value > high:
        return high
    return value + 0


def limit(number: int, least: int, most: int) -> int:
    if number < least:
        return least
    if number > most:
        return most
    return number + 0
