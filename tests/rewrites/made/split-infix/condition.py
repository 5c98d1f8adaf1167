def f(number, divisor):
    if number % divisor == 0 and divisor < number:
        return 1
    return max(number * divisor - number // divisor, divisor)
