"""Compares the results that samples state with those of CPython on this machine.

    python benches/oracle.py samples/case2code.jsonl --python python3.11 --python python3.13

Every sample's program runs outside the sandbox, in a process of its own for each interpreter and hash seed: use it only on
programs that you trust. It prints each disagreement and exits with 1 if there is one.
"""

import argparse
import json
import os
import subprocess
import sys
from concurrent.futures import ThreadPoolExecutor

HASH_SEEDS = ["0", "1", "2"]
SECONDS = 60
BYTES = 4 << 30


def sets_apart(items):
    """Return items in an order that depends on their texts alone."""
    return sorted(items, key=json.dumps)


class Native:
    """Writes a value as samples do: plain JSON, and an object with one tag for what JSON lacks."""

    def __init__(self):
        self.above = []

    def value(self, value):
        """Return the tree of a value of any class."""
        if value is None or type(value) in (bool, str):
            return self.text(value) if type(value) is str else value
        if type(value) is int:
            return value if abs(value) < 2**53 else {"int": str(value)}
        if type(value) is float:
            return value if value - value == 0 else {"float": repr(value)}
        if type(value) is complex:
            return {"complex": [self.value(value.real), self.value(value.imag)]}
        if type(value) in (bytes, bytearray):
            return {type(value).__name__: value.hex()}
        if id(value) in self.above:
            return {"cycle": len(self.above) - self.above.index(id(value))}
        self.above.append(id(value))
        try:
            return self.container(value)
        finally:
            self.above.pop()

    @staticmethod
    def text(text):
        """Return a text, escaped if it is not Unicode."""
        try:
            text.encode()
        except UnicodeEncodeError:
            return {"str": ascii(text)}
        return text

    def container(self, value):
        """Return the tree of something that holds other values."""
        if type(value) is list:
            return [self.value(item) for item in value]
        if type(value) is tuple:
            return {"tuple": [self.value(item) for item in value]}
        if type(value) in (set, frozenset):
            return {type(value).__name__: sets_apart(self.value(item) for item in value)}
        if type(value) is dict:
            return {"dict": sets_apart([self.value(k), self.value(v)] for k, v in value.items())}
        return {"repr": repr(value)}


def stated(tree):
    """Return a sample's tree in the order that `Native` writes."""
    if isinstance(tree, list):
        return [stated(item) for item in tree]
    if not isinstance(tree, dict):
        return tree
    (tag, parts), *rest = tree.items()
    if tag in ("set", "frozenset"):
        return {tag: sets_apart(stated(item) for item in parts)}
    if tag == "dict":
        return {tag: sets_apart([stated(k), stated(v)] for k, v in parts)}
    if tag in ("tuple", "complex"):
        return {tag: stated(parts)}
    if tag == "str":
        return {tag: ascii(eval("'" + parts + "'"))}
    return dict([(tag, parts), *rest])


def has_objects(tree):
    """Tell whether a tree has values that are compared by their `repr`."""
    if isinstance(tree, list):
        return any(map(has_objects, tree))
    if isinstance(tree, dict):
        return any(tag in ("object", "derived", "opaque", "repr") for tag in tree) or any(map(has_objects, tree.values()))
    return False


def listed(value, kind):
    """Return a result with its iterators listed, as the sample's kind of call says."""
    if kind in ("generator", "iterator"):
        return list(value)
    if kind == "iterators":
        return [list(item) for item in value]
    if kind == "nested-iterators":
        return drained(value)
    return value


def drained(value):
    """Return a value with the iterators in it listed, whatever holds them."""
    if type(value) in (list, tuple):
        return type(value)(drained(item) for item in value)
    if type(value) is dict:
        return {key: drained(item) for key, item in value.items()}
    views = (type({}.keys()), type({}.values()), type({}.items()))
    if hasattr(value, "__next__") or type(value) in views:
        return [drained(item) for item in value]
    return value


def call(sample, case):
    """Call a sample's function in a fresh namespace; return what a case would state."""
    import __future__
    import asyncio
    import contextlib
    import functools
    import inspect
    import io
    import types

    module = types.ModuleType("__main__")
    sys.modules["__main__"] = module
    printed, ended = io.StringIO(), {}
    try:
        with contextlib.redirect_stdout(printed):
            try:
                exec(compile(sample["program"], "program.py", "exec", 0, True), module.__dict__)
            except NameError:  # The sandbox's Python does not evaluate annotations.
                flags = __future__.annotations.compiler_flag
                exec(compile(sample["program"], "program.py", "exec", flags, True), module.__dict__)
            printed.truncate(0)
            printed.seek(0)
            scope = dict(module.__dict__, __arguments=lambda *args, **named: (args, named))
            args, named = eval("__arguments(" + case["arguments"] + "\n)", scope)
            before = [Native().value(item) for item in args]
            name, *attributes = sample["entry"].split(".")
            value = functools.reduce(getattr, attributes, module.__dict__[name])(*args, **named)
            if inspect.iscoroutine(value):
                value = asyncio.run(value)
            else:
                value = listed(value, case["kind"])
        ended = {"value": Native().value(value), "repr": repr(value)}
        after = [Native().value(item) for item in args]
        ended["mutated"] = [[i, new] for i, (old, new) in enumerate(zip(before, after)) if old != new]
    except BaseException as error:
        ended = {"type": type(error).__name__, "message": str(error)}
    return dict(ended, stdout=printed.getvalue())


def disagreements(sample):
    """Return the cases of a sample that come out otherwise here: arguments, what is stated, what came, and whether only words differ."""
    found = []
    for case in sample["visible_cases"] + sample["hidden_cases"]:
        got = call(sample, case)
        names = ("value", "repr") if case["end"] == "returned" else ("type", "message")
        wanted = {name: case[name] for name in names}
        if "value" in wanted:
            tree = stated(json.loads(wanted["value"]))
            by_repr = has_objects(tree) or has_objects(got.get("value"))
            same = wanted["repr"] == got.get("repr") if by_repr else tree == got.get("value")
            changes = json.loads(case["mutated"])
            # What an object holds does not show in its `repr`.
            if not any(has_objects(json.loads(change["value"])) for change in changes):
                same = same and bool(changes) == bool(got.get("mutated"))
        else:
            same = wanted["type"].rpartition(".")[2] == got.get("type")
        same = same and case["stdout"] == got["stdout"]
        is_words = same and wanted.get("message") != got.get("message")
        if not same or is_words:
            found.append([case["arguments"], wanted, {k: v for k, v in got.items() if k != "value"}, is_words])
    return found


def limited():
    """Bound the memory of a program that runs outside the sandbox."""
    import resource

    resource.setrlimit(resource.RLIMIT_AS, (BYTES, BYTES))


def run(python, seed, line):
    """Run one sample under one interpreter and hash seed."""
    command = [python, "-s", os.path.abspath(__file__), "--sample"]  # `-I` would ignore the hash seed
    try:
        done = subprocess.run(command, input=line, capture_output=True, text=True, timeout=SECONDS, check=True,
                              env={"PYTHONHASHSEED": seed, "PATH": os.defpath}, cwd="/", preexec_fn=limited)
        return json.loads(done.stdout)
    except subprocess.TimeoutExpired:
        return [["", f"an end within {SECONDS} s", "none", False]]
    except (subprocess.CalledProcessError, json.JSONDecodeError) as error:
        return [["", "a run to the end", str(getattr(error, "stderr", error))[-500:], False]]


def main():
    """Compare all samples of a file, or one that comes on stdin."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("samples", nargs="?", help="case2code.jsonl of a run")
    parser.add_argument("--python", action="append", help="an interpreter [default: this one]")
    parser.add_argument("--sample", action="store_true", help=argparse.SUPPRESS)
    options = parser.parse_args()
    if options.sample:
        out = os.fdopen(os.dup(1), "w")
        out.write(json.dumps(disagreements(json.loads(sys.stdin.read()))))
        out.flush()
        os._exit(0)
    with open(options.samples, encoding="utf-8") as lines:
        samples = [line for line in lines if line.strip()]
    pythons = options.python or [sys.executable]
    tasks = [(python, seed, line) for line in samples for python in pythons for seed in HASH_SEEDS]
    cases = values = words = 0
    with ThreadPoolExecutor(os.cpu_count()) as pool:
        for (python, seed, line), found in zip(tasks, pool.map(lambda task: run(*task), tasks)):
            sample = json.loads(line)
            cases += len(sample["visible_cases"] + sample["hidden_cases"])
            for arguments, wanted, got, is_words in found:
                values, words = values + (not is_words), words + is_words
                what = "message" if is_words else "result"
                print(f"{sample['id']}: another {what} under {python}, hash seed {seed}: {sample['entry']}({arguments})")
                print(f"  stated {json.dumps(wanted)[:300]}\n  got    {json.dumps(got)[:300]}")
    runs = f"{len(samples)} samples, {len(pythons)} interpreters, {len(HASH_SEEDS)} hash seeds, {cases} calls"
    print(f"{runs}: {values} other results, {words} other messages of the same exception")
    return int(values > 0)


if __name__ == "__main__":
    sys.exit(main())
