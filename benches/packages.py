"""Runs `tgsand synth` on public packages and prints what became of their functions and methods.

    python benches/packages.py [--tgsand PATH] [--work FOLDER] [--private] [PART …]

Fetches the packages by pip (source distributions, nothing is installed or run), runs `tgsand synth` on the parts named
below, and prints one table from each run's `run.json`: functions and methods that stand there, looked at, accepted, and
the reasons of the others. What stands in tests or within other functions is not counted as there. A part that has been
run before in FOLDER resumes. Programs can import the package itself, in the version that is read. PART is the name of a part, such as `toolz`; without any, all are run.
"""

import argparse
import json
import pathlib
import subprocess
import sys
import tarfile

PARTS = {
    "networkx.algorithms": ("networkx==3.6.1", "networkx/algorithms"),
    "sympy.ntheory": ("sympy==1.14.0", "sympy/ntheory"),
    "sympy.utilities": ("sympy==1.14.0", "sympy/utilities"),
    "algorithms": ("algorithms==1.0.1", "algorithms"),
    "toolz": ("toolz==1.2.0", "toolz"),
}
# Rows of `rejected` that are no function of the package.
NOT_FUNCTIONS = ("no-target-function", "unreadable-record", "unparsable-source")
NOT_THERE = ("test", "nested")


def fetch(requirement, work):
    """Gives the folder of a package's source, which pip downloads once."""
    name, version = requirement.split("==")
    folder = work / f"{name}-{version}"
    if not folder.is_dir():
        command = [sys.executable, "-m", "pip", "download", "--quiet", "--no-deps", "--no-binary", ":all:"]
        subprocess.run([*command, "--dest", str(work), requirement], check=True)
        with tarfile.open(work / f"{name}-{version}.tar.gz") as archive:
            archive.extractall(work, filter="data")
    return folder


def run(tgsand, source, requirement, out, more):
    """Runs `tgsand synth` on a folder of a package and gives its report."""
    command = [tgsand, "synth", str(source), "--with", requirement, "--out", str(out), *more]
    subprocess.run(command, check=True, stderr=subprocess.DEVNULL)
    return json.loads((out / "run.json").read_text(encoding="utf-8"))


def figures(report):
    """Gives how many functions stand there, were looked at and accepted, and the reasons of the others."""
    not_looked_at = report.get("not_looked_at", {})
    rejected = {reason: count for reason, count in report["rejected"].items() if reason not in NOT_FUNCTIONS}
    left = rejected.pop("not-looked-at", 0)
    looked_at = report["accepted"] + sum(rejected.values())
    there = looked_at + left - sum(not_looked_at.get(kind, 0) for kind in NOT_THERE)
    reasons = dict(rejected)
    reasons.update({kind: count for kind, count in not_looked_at.items() if kind not in NOT_THERE})
    return there, looked_at, report["accepted"], reasons


def main():
    """Fetches, runs and prints."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--tgsand", default="tgsand")
    parser.add_argument("--work", type=pathlib.Path, default=pathlib.Path("runs/packages"))
    parser.add_argument("--private", action="store_true", help="take private functions and methods, too")
    parser.add_argument("parts", nargs="*", metavar="PART")
    options = parser.parse_args()
    unknown = set(options.parts) - set(PARTS)
    if unknown:
        parser.error(f"there is no part {', '.join(sorted(unknown))}; the parts are {', '.join(PARTS)}")
    options.work.mkdir(parents=True, exist_ok=True)
    print("| part | there | looked at | accepted | share | reasons of the others |")
    print("|---|---|---|---|---|---|")
    totals = [0, 0, 0]
    for part in options.parts or PARTS:
        requirement, folder = PARTS[part]
        source = fetch(requirement, options.work) / folder
        more = ["--private"] if options.private else []
        report = run(options.tgsand, source, requirement, options.work / f"run-{part}", more)
        there, looked_at, accepted, reasons = figures(report)
        totals = [total + count for total, count in zip(totals, (there, looked_at, accepted))]
        most = sorted(reasons.items(), key=lambda reason: (-reason[1], reason[0]))
        told = ", ".join(f"{reason} {count}" for reason, count in most)
        print(f"| {part} | {there} | {looked_at} | {accepted} | {accepted / max(there, 1):.0%} | {told} |", flush=True)
    there, looked_at, accepted = totals
    print(f"| all | {there} | {looked_at} | {accepted} | {accepted / max(there, 1):.0%} | |")


if __name__ == "__main__":
    main()
