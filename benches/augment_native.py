"""Compares the programs that `tgsand optimize --tech aug` wrote with those of their rows, on CPython itself.

    tgsand optimize SET --tech aug --out FOLDER
    python benches/augment_native.py FOLDER/samples/optimized.jsonl

The sandbox has proven each new program; this asks the Python that runs this script, on the row's own tests: the asserts
of MBPP, or the calls in `input_output` of APPS and TACO, whose results, exceptions and changed arguments are compared.
Each program runs in a process of its own, in an empty folder, for at most 60 seconds. It is not isolated otherwise: use
it only on sets that you trust.
"""

import argparse
import json
import pathlib
import subprocess
import sys
import tempfile

RUN = """
import contextlib, io, json, sys
row = json.load(sys.stdin)
names = {"__name__": "program"}
with contextlib.redirect_stdout(io.StringIO()) as out:
    exec(row["program"], names)
    for test in row["tests"]:
        exec(test, names)
    entry = row["entry"]
    told = []
    for arguments in row["inputs"]:
        holder = names["Solution"]() if "Solution" in names else None
        function = getattr(holder, entry) if holder is not None else names.get(entry)
        try:
            told.append(repr(function(*arguments)))
        except Exception as error:
            told.append(type(error).__name__ + ": " + str(error))
        told.append(repr(arguments))
json.dump([told, out.getvalue()], sys.__stdout__)
"""


def program_of(row):
    """Gives the program of a row."""
    for field in ("code", "solution", "canonical_solution"):
        if isinstance(row.get(field), str):
            return row[field]
    solutions = row["solutions"]
    return (json.loads(solutions) if isinstance(solutions, str) else solutions)[0]


def task_of(row):
    """Gives what to run of a row beside its program."""
    calls = row.get("input_output") or "{}"
    calls = json.loads(calls) if isinstance(calls, str) else calls
    return {
        "tests": list(row.get("test_imports", [])) + list(row.get("test_list", [])),
        "entry": calls.get("fn_name") or row.get("entry_point"),
        "inputs": calls.get("inputs", []),
    }


def told(program, task):
    """Runs a program natively and gives what it does, as text."""
    with tempfile.TemporaryDirectory() as folder:
        command = [sys.executable, "-I", "-B", "-c", RUN]
        text = json.dumps({"program": program, **task})
        try:
            done = subprocess.run(command, input=text, text=True, capture_output=True, cwd=folder, timeout=60, check=False)
        except subprocess.TimeoutExpired:
            return "takes longer than 60 seconds"
    if done.returncode == 0:
        return done.stdout
    lines = done.stderr.strip().splitlines()
    return f"exit code {done.returncode}: {lines[-1] if lines else ''}"


def main():
    """Compares and prints."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("optimized", type=pathlib.Path)
    options = parser.parse_args()
    rows = [json.loads(line) for line in options.optimized.read_text(encoding="utf-8").splitlines()]
    own = {row["origin"]: row for row in rows if not row["technique"]}
    compared = untested = 0
    differing = []
    expected = {}
    for row in rows:
        source = own.get(row["origin"])
        if not row["technique"] or source is None:
            continue
        task = task_of(source)
        if not task["tests"] and not task["inputs"]:
            untested += 1
            continue
        if row["origin"] not in expected:
            expected[row["origin"]] = told(program_of(source), task)
        compared += 1
        found = told(program_of(row), task)
        if found != expected[row["origin"]]:
            differing.append((row["id"], row["rules"], expected[row["origin"]][:200], found[:200]))
    failing = sum(text.startswith(("exit code", "takes longer")) for text in expected.values())
    print(f"{compared} new programs of {len(expected)} rows compared, {len(differing)} differ")
    print(f"{failing} of the rows' own programs do not end natively; {untested} new programs have no tests that this reads")
    for row_id, rules, before, after in differing:
        print(f"{row_id} {rules}\n  before: {before}\n  after:  {after}")
    return bool(differing)


if __name__ == "__main__":
    sys.exit(main())
