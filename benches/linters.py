"""Times `cle` and `ref` of `tgsand optimize` beside the programs that people use for the same, on the same files.

    python benches/linters.py SET [--work FOLDER] [--bench PATH]

SET is JSONL whose rows have a program in `code`, such as MBPP's. Each program becomes a file. ruff and semgrep look through
the files, autoflake, autopep8, docformatter and unify rewrite copies of them, each in one process with one thread; then
`cargo bench --bench lint` does both in this process's order. PATH is that bench, built, if cargo should not build it. The
tools are installed by pip into a virtual environment in FOLDER. semgrep gets ten rules of this file, since its own come from
a server. Prints the best of three runs, start of the process included for the tools, which is once for all files.
"""

import argparse
import json
import os
import pathlib
import shutil
import subprocess
import sys
import time
import venv

REQUIREMENTS = (
    "ruff==0.16.4", "semgrep", "autoflake==2.3.1", "autopep8==2.3.2", "docformatter==1.7.5", "unify==0.5",
    "untokenize==0.1.1", "setuptools<81",
)
PATTERNS = (
    "eval(...)", "exec(...)", "os.system(...)", "pickle.loads(...)", "hashlib.md5(...)", "yaml.load(...)",
    "subprocess.run(..., shell=True, ...)", "tempfile.mktemp(...)", "$X == None", "random.random()",
)
RUNS = 3


def semgrep_rules():
    """Gives the rules as JSON, which is YAML, too."""
    rules = [
        {"id": f"rule-{number}", "pattern": pattern, "message": pattern, "languages": ["python"], "severity": "WARNING"}
        for number, pattern in enumerate(PATTERNS)
    ]
    return json.dumps({"rules": rules})


def tools(work):
    """Gives the folder of the tools, which pip installs once."""
    folder = work / "tools"
    if not (folder / "bin" / "ruff").exists():
        venv.create(folder, with_pip=True)
        pip = [folder / "bin" / "python", "-m", "pip", "install", "--quiet"]
        subprocess.run([*pip, *REQUIREMENTS], check=True)
    return folder / "bin"


def timed(command, work, files):
    """Gives the seconds of the fastest run over a fresh copy of the files."""
    best = float("inf")
    environment = {**os.environ, "RAYON_NUM_THREADS": "1", "HOME": str(work)}
    for _ in range(RUNS):
        copies = work / "copies"
        shutil.rmtree(copies, ignore_errors=True)
        shutil.copytree(files, copies)
        names = sorted(str(path) for path in copies.iterdir())
        start = time.perf_counter()
        done = subprocess.run([*command, *names], capture_output=True, text=True, env=environment, check=False)
        best = min(best, time.perf_counter() - start)
        if done.returncode not in (0, 1, 3):
            sys.exit(f"{command[0]} ended with {done.returncode}: {done.stderr[-500:]}")
    return best


def main():
    """Writes the files, times and prints."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("set", type=pathlib.Path)
    parser.add_argument("--work", type=pathlib.Path, default=pathlib.Path("runs/linters"))
    parser.add_argument("--bench", type=pathlib.Path)
    options = parser.parse_args()
    files = options.work.absolute() / "files"
    files.mkdir(parents=True, exist_ok=True)
    work = files.parent
    rows = [json.loads(line) for line in options.set.read_text(encoding="utf-8").splitlines()]
    for number, row in enumerate(rows):
        (files / f"program_{number:05}.py").write_text(row["code"].rstrip() + "\n", encoding="utf-8")
    rules = work / "rules.yml"
    rules.write_text(semgrep_rules(), encoding="utf-8")
    at = tools(work)
    python = str(at / "python")
    commands = {
        "ruff check (all rules)": [str(at / "ruff"), "check", "--isolated", "--no-cache", "--quiet", "--select", "ALL"],
        "semgrep (ten rules)": [
            str(at / "semgrep"), "scan", "--config", str(rules), "--jobs", "1", "--metrics", "off", "--quiet",
            "--disable-version-check",
        ],
        "autoflake": [
            python, "-m", "autoflake", "--in-place", "--remove-all-unused-imports", "--remove-unused-variables",
        ],
        "autopep8": [python, "-m", "autopep8", "--in-place", "--aggressive", "--aggressive"],
        "docformatter": [python, "-m", "docformatter", "--in-place"],
        "unify": [python, "-m", "unify", "--in-place", "--quote", '"'],
    }
    print(f"{len(rows)} programs\n")
    seconds = {name: timed(command, work, files) for name, command in commands.items()}
    seconds["autoflake, autopep8, docformatter, unify"] = sum(list(seconds.values())[2:])
    for name, spent in seconds.items():
        print(f"{name:<42} {len(rows) / spent:>9.0f} programs/s", flush=True)
    bench = [str(options.bench)] if options.bench else ["cargo", "bench", "--quiet", "--bench", "lint", "--"]
    print(flush=True)
    subprocess.run([*bench, str(files)], check=True)


if __name__ == "__main__":
    main()
