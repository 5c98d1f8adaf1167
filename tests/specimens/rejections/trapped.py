import os


def leave(code: int) -> int:
    os._exit(3)
