# The same part is written a second time.
def f(number, divisor, remainder):
    if number % divisor == remainder and divisor != number:
        return number + number % divisor * remainder
    return divisor
