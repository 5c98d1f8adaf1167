"""Compares `tgsand optimize --tech ref --tool reference` with the study's tools run natively, and with `ref` by ruff.

    python benches/refactor.py ROWS [--tgsand PATH] [--work FOLDER]

ROWS is a JSONL file with programs in `code` and asserts in `test_list`. The tools are installed into a virtual environment of
their own by pip, in the versions of `runtimes/tools.toml`, and run by their command lines on each program, one after the
other. The programs are only read by the tools, never run natively. For each step the table says how many programs it
changed natively, in how many the sandbox gives the same text, and in how many ruff does. What the proof undoes counts as
different, and is listed as such. Needs Python 3.12: before, unify treats f-strings otherwise, and its command line needs lib2to3,
which later ones lack.
"""

import argparse
import json
import pathlib
import subprocess
import sys
import tomllib
import venv

TOOLS = {
    "unused": ["autoflake", "--remove-all-unused-imports", "--remove-unused-variables"],
    "format": ["autopep8", "--aggressive", "--aggressive"],
    "docstrings": ["docformatter"],
    "quotes": ["unify"],
}
MAINS = {"autoflake": "autoflake", "autopep8": "autopep8", "docformatter": "docformatter.__main__", "unify": "unify"}
ROOT = pathlib.Path(__file__).parent.parent


def install(folder):
    """Gives a Python that has the tools."""
    python = folder / "bin" / "python"
    if not python.exists():
        venv.create(folder, with_pip=True)
        pins = tomllib.loads((ROOT / "runtimes/tools.toml").read_text(encoding="utf-8"))["package"]
        wanted = [f"{pin['name']}=={pin['version']}" for pin in pins]
        subprocess.run([python, "-m", "pip", "install", "--quiet", "--no-deps", "setuptools", *wanted], check=True)
    return python


def natively(python, step, program, work):
    """A program after a step, or as it was if the tool fails."""
    file = work / "program.py"
    file.write_text(program, encoding="utf-8", newline="")
    name, *options = TOOLS[step]
    code = f"import sys; sys.argv[0] = {name!r}; from {MAINS[name]} import main; sys.exit(main())"
    done = subprocess.run([python, "-c", code, *options, "--in-place", file], capture_output=True, check=False)
    # docformatter exits with 3 if it has changed the file.
    is_done = done.returncode in ((0, 3) if name == "docformatter" else (0,))
    return file.read_text(encoding="utf-8") if is_done else program


def optimized(tgsand, rows, step, tool, out):
    """The programs after one step, by id, and how many results were undone."""
    command = [tgsand, "optimize", rows, "--tech", "ref", "--steps", step, "--tool", tool, "--out", out]
    subprocess.run([str(part) for part in command], check=True, stderr=subprocess.DEVNULL)
    report = json.loads((out / "run.json").read_text(encoding="utf-8"))
    counts = report["trials"].get("ref", {}).get(step, {"applied": 0, "proven": 0})
    lines = (out / "samples/optimized.jsonl").read_text(encoding="utf-8").splitlines()
    kept = {row["origin"]: row["code"] for row in map(json.loads, lines)}
    return kept, counts["applied"] - counts["proven"]


def main():
    """Prints the table."""
    options = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    options.add_argument("rows", type=pathlib.Path)
    options.add_argument("--tgsand", default="tgsand")
    options.add_argument("--work", type=pathlib.Path, default=pathlib.Path("runs/refactor"))
    args = options.parse_args()
    if sys.version_info[:2] != (3, 12):
        print("note: this is not Python 3.12; unify does something else here than in the sandbox", file=sys.stderr)
    args.work.mkdir(parents=True, exist_ok=True)
    python = install(args.work / "tools")
    programs = {}
    for number, line in enumerate(args.rows.read_text(encoding="utf-8").splitlines(), 1):
        row = json.loads(line)
        programs[str(row.get("task_id", number))] = row["code"]
    print(f"{'step':<12}{'programs':>9}{'changed':>9}{'same':>9}{'undone':>9}{'as ruff':>9}")
    for step in TOOLS:
        ours, undone = optimized(args.tgsand, args.rows, step, "reference", args.work / f"reference-{step}")
        ruff, _ = optimized(args.tgsand, args.rows, step, "ruff", args.work / f"ruff-{step}")
        native = {key: natively(python, step, programs[key], args.work) for key in ours if key in programs}
        changed = sum(text != programs[key] for key, text in native.items())
        same = [key for key, text in native.items() if ours[key] == text]
        as_ruff = sum(ruff.get(key) == text for key, text in native.items())
        print(f"{step:<12}{len(native):>9}{changed:>9}{len(same):>9}{undone:>9}{as_ruff:>9}")
        other = [key for key in native if key not in same]
        if other:
            print(f"  not the same: {', '.join(other[:20])}")


if __name__ == "__main__":
    main()
