"""Builds and takes apart text: allocation and string methods."""

total = 0
for turn in range(4_000):
    words = [f"{turn}-{i:03d}".upper() for i in range(100)]
    total += len(", ".join(words).replace("-", "").split(", ")) + "".join(words).count("9")
print(total)
