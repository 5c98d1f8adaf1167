"""Runs `tgsand optimize --tech sel` on a set of a million programs, and prints the time and the memory that it takes.

    python benches/dedupe.py [--tgsand PATH] [--rows N] [--work FOLDER]

The programs are made here: each is a function of some statements that a seed draws, and every fourth repeats an earlier one
with other names. Prints how many were rejected as duplicates, the seconds, and the most memory that the process had.
"""

import argparse
import json
import pathlib
import random
import resource
import subprocess
import time

OPERATORS = ("+", "-", "*", "//", "%", "|", "&", "^")
CALLS = ("abs", "len", "sum", "max", "min", "sorted", "str", "int", "bool", "repr", "list", "set", "tuple", "round", "hash")


def body(draw):
    """Gives some statements about two names, which braces mark."""
    lines = []
    for _ in range(draw.randint(4, 9)):
        kind = draw.randrange(4)
        operator, call, number = draw.choice(OPERATORS), draw.choice(CALLS), draw.randrange(1000)
        if kind == 0:
            lines.append(f"    {{a}} = {{a}} {operator} {number}")
        elif kind == 1:
            lines.append(f"    if {{b}} > {number}:\n        {{b}} = {call}({{a}}) {operator} {{b}}")
        elif kind == 2:
            lines.append(f"    for {{c}} in range({number}):\n        {{a}} {operator}= {call}({{c}})")
        else:
            lines.append(f"    {{c}} = [{call}({{b}}) {operator} {{a}}, {number}]")
    return "\n".join(lines)


def rows(count):
    """Gives the rows, of which every fourth repeats an earlier one."""
    draw = random.Random(0)
    kept = []
    for number in range(count):
        is_copy = number % 4 == 3
        text = draw.choice(kept) if is_copy else body(draw)
        if not is_copy and len(kept) < 1000:
            kept.append(text)
        a, b, c = ("first", "second", "third") if is_copy else ("a", "b", "c")
        program = f"def f{number}({a}, {b}):\n" + text.format(a=a, b=b, c=c) + f"\n    return {a}, {b}\n"
        yield {"id": str(number), "code": program}


def main():
    """Writes the set, runs and prints."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--tgsand", default="tgsand")
    parser.add_argument("--rows", type=int, default=1_000_000)
    parser.add_argument("--work", type=pathlib.Path, default=pathlib.Path("runs/dedupe"))
    options = parser.parse_args()
    options.work.mkdir(parents=True, exist_ok=True)
    path = options.work / f"programs-{options.rows}.jsonl"
    with path.open("w", encoding="utf-8") as file:
        for row in rows(options.rows):
            file.write(json.dumps(row) + "\n")
    out = options.work / f"out-{options.rows}"
    command = [options.tgsand, "optimize", str(path), "--tech", "sel", "--by", "length", "--ratio", "0.5", "--out", str(out)]
    start = time.perf_counter()
    subprocess.run(command, check=True, stderr=subprocess.DEVNULL)
    seconds = time.perf_counter() - start
    used = resource.getrusage(resource.RUSAGE_CHILDREN)
    report = json.loads((out / "run.json").read_text(encoding="utf-8"))
    print(f"{options.rows} rows, {path.stat().st_size / 2**20:.0f} MiB: {seconds:.0f} s, {used.ru_utime + used.ru_stime:.0f} s of CPU")
    print(f"most memory: {used.ru_maxrss / 1024:.0f} MiB")
    print(f"rejected: {report['rejected']}")


if __name__ == "__main__":
    main()
