def share(total: int, parts: int) -> float:
    """Divide, whatever the number of parts.

    >>> share(6, 3)
    2.0
    >>> share(1, 0)
    Traceback (most recent call last):
        ...
    ZeroDivisionError: division by zero
    """
    return total / parts
