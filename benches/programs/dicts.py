"""Counts, sorts and inverts: hashing and dictionary traffic."""

state = 1
counts = {}
for _ in range(700_000):
    state = (state * 1_103_515_245 + 12_345) % 2_147_483_648
    key = ("key", state % 5_000)
    counts[key] = counts.get(key, 0) + 1
inverse = {}
for key, count in counts.items():
    inverse.setdefault(count, []).append(key)
print(len(counts), len(inverse), max(inverse))
