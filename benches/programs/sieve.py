"""Finds primes, one list item at a time: integer arithmetic and indexing."""

limit = 1_500_000
flags = [True] * limit
count = 0
for number in range(2, limit):
    if flags[number]:
        count += 1
        multiple = number * number
        while multiple < limit:
            flags[multiple] = False
            multiple += number
print(count)
