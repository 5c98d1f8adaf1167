"""Builds and takes apart text: allocation and string methods."""

total = 0
for turn in range(4_000):
    words = [f"{turn}-{i:03d}".upper() for i in range(100)]
    line = ", ".join(words)
    total += len(line.replace("-", "").split(", ")) + line.count("9")
print(total)
