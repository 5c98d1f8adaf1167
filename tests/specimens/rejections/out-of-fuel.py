def spin(count: int) -> int:
    while True:
        count += 1
