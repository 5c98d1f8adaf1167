import asyncio
import time


class Table:
    def __init__(self, size=8):
        self.buckets = [[] for _ in range(size)]

    def put(self, key, value):
        bucket = self.buckets[hash(key) % len(self.buckets)]
        for entry in bucket:
            if entry[0] == key:
                entry[1] = value
                return
        bucket.append([key, value])

    def get(self, key):
        return next((value for known, value in self.buckets[hash(key) % len(self.buckets)] if known == key), None)


class Probing:
    def __init__(self, size):
        self.slots = [None] * size

    def place(self, key):
        at = abs(hash(key)) % len(self.slots)
        while self.slots[at] is not None and self.slots[at] != key:
            at = (at + 1) % len(self.slots)
        self.slots[at] = key

    def __contains__(self, key):
        at = abs(hash(key)) % len(self.slots)
        for _ in self.slots:
            if self.slots[at] == key:
                return True
            at = (at + 1) % len(self.slots)
        return False


class Modular:
    def __init__(self, value):
        self.value = value % 7

    def __eq__(self, other):
        return self.value == other.value

    def __hash__(self):
        return self.value


class Interval:
    def __init__(self, low, high):
        self.low, self.high = low, high

    def __eq__(self, other):
        return hash(self) == hash(other)

    def __hash__(self):
        return hash(self.low) ^ hash(self.high) * 31


def last_values(words: list[str]) -> list[int]:
    table = Table()
    for number, word in enumerate(words):
        table.put(word, number)
    return [table.get(word) for word in words]


def all_found(words: list[str]) -> bool:
    probing = Probing(2 * len(words) + 1)
    for word in words:
        probing.place(word)
    return all(word in probing for word in words)


def residue(value: int) -> bool:
    return hash(Modular(value)) == value % 7


def unique_intervals(values: list[str]) -> int:
    return len({Interval(value, value * 2): 1 for value in values})


def same_hash(text: str) -> bool:
    return hash(text) == hash(text + "") and hash(text) in {hash(text)}


def memoised(values: list[int]) -> int:
    memo = {}
    for part in [values, values, [*values]]:
        memo.setdefault(id(part), sum(part))
    return len(memo) + sum(memo.values())


def visited_once(labels: list[str]) -> int:
    nodes = [[label] for label in labels]
    seen = set()
    for node in nodes + nodes:
        if id(node) not in seen:
            seen.add(id(node))
    return len(seen)


def timed(values: list[int]) -> list[int]:
    start = time.perf_counter()
    found = sorted(values)
    elapsed = time.perf_counter() - start
    return found if elapsed < 60 else []


def within_a_minute(steps: int) -> int:
    deadline = time.monotonic() + 60
    done = 0
    while done < abs(steps) % 10 and time.monotonic() < deadline:
        done += 1
    return done


def waits_shortly(value: int) -> int:
    async def work():
        await asyncio.sleep(0)
        await asyncio.sleep(0.01)
        return value * 2
    return asyncio.run(asyncio.wait_for(work(), 1))


def slept(value: int) -> bool:
    start = time.monotonic()
    time.sleep(0.01)
    return time.monotonic() - start >= 0.009 and value == value


def own_names(prefix: str) -> list[str]:
    return [name for name in sorted(globals()) if name.startswith("own_")] + [prefix]


def handler(name: str) -> bool:
    return callable(globals().get(name if name == "handler" else "own_names"))


def hidden_module(text: str) -> str:
    return getattr(__import__("str" + "ing"), "ascii_" + "lowercase")[: len(text) % 5]


def default_text(label: str) -> str:
    return repr(object()).partition(" at ")[0] + label
