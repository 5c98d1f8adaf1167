def repeat(count: int) -> str:
    return "la" * (abs(count) + 2000)
