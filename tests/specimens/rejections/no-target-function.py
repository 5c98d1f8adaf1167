"""A module that runs something and defines nothing to call."""

TOTAL = sum(range(10))
print(TOTAL)
