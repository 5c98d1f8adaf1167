# The product is another for every item.
def f(numbers):
    return [number * number // len(numbers) for number in numbers]
