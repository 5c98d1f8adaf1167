"""Compares the short programs that `tgsand exec` runs in a second with those that the machine's own toolchains start and run.

    python benches/languages_native.py --tgsand target/release/tgsand

Every program is another one and prints a number, which is checked. On both sides, two programs run at a time; natively,
each is a process of its own, after one that compiles it where that is needed (without optimization). The time of `tgsand exec` begins
when its first program is answered, so opening a language, which happens once in a process, is not in it. The rows `one
program` compile once, and give each run another input. A language that is not installed in the sandbox is left out; a
tool that the machine lacks is shown as `-`. Files are written to a temporary folder only.
"""

import argparse
import concurrent.futures
import json
import os
import pathlib
import shutil
import subprocess
import sys
import tempfile
import time

AT_A_TIME = 2
# What sums the numbers below N, with the sum's start in the place of START.
PROGRAMS = {
    "python": "s = START\nfor i in range(1000):\n    s += i\nprint(s)",
    "javascript": "let s = START; for (let i = 0; i < 1000; i++) s += i; console.log(s)",
    "ruby": "s = START\n1000.times { |i| s += i }\nputs s",
    "perl": "my $s = START; $s += $_ for 0 .. 999; print \"$s\\n\";",
    "php": "<?php $s = START; for ($i = 0; $i < 1000; $i++) $s += $i; echo $s, \"\\n\";",
    "lua": "local s = START for i = 0, 999 do s = s + i end print(s)",
    "sql": "with recursive c(n) as (select 0 union all select n + 1 from c where n < 999) select START + sum(n) from c;",
    "c": "#include <stdio.h>\nint main() { int s = START; for (int i = 0; i < 1000; i++) s += i; printf(\"%d\\n\", s); }",
    "cpp": "#include <iostream>\nint main() { int s = START; for (int i = 0; i < 1000; i++) s += i; std::cout << s << '\\n'; }",
    "go": "package main\n\nimport \"fmt\"\n\nfunc main() {\n\ts := START\n\tfor i := range 1000 {\n\t\ts += i\n\t}\n\tfmt.Println(s)\n}",
}
# The same with the start on stdin.
READING = {
    "c": "#include <stdio.h>\nint main() { int s; scanf(\"%d\", &s); for (int i = 0; i < 1000; i++) s += i; printf(\"%d\\n\", s); }",
    "cpp": "#include <iostream>\nint main() { int s; std::cin >> s; for (int i = 0; i < 1000; i++) s += i; std::cout << s << '\\n'; }",
    "go": "package main\n\nimport \"fmt\"\n\nfunc main() {\n\tvar s int\n\tfmt.Scan(&s)\n\tfor i := range 1000 {\n\t\ts += i\n\t}\n\tfmt.Println(s)\n}",
}
# The command that runs FILE, or that makes BINARY of it.
INTERPRETERS = {
    "python": [sys.executable, "FILE"], "javascript": ["node", "FILE"], "ruby": ["ruby", "FILE"], "perl": ["perl", "FILE"],
    "php": ["php", "-f", "FILE"], "lua": ["lua5.4", "FILE"], "sql": ["sqlite3", ":memory:", ".read FILE"]}
COMPILERS = {
    "c": ["gcc", "FILE", "-o", "BINARY"], "cpp": ["g++", "FILE", "-o", "BINARY"], "go": ["go", "build", "-o", "BINARY", "FILE"]}
ENDINGS = {"c": ".c", "cpp": ".cpp", "go": ".go", "javascript": ".js"}


def expected(number):
    return f"{number + 499_500}\n"


def check(language, number, stdout):
    if stdout.rstrip("\n") != expected(number).rstrip("\n"):
        raise SystemExit(f"{language}: program {number} printed {stdout!r}")


def in_sandbox(tgsand, language, count, one_program):
    """Programs a second through one `tgsand exec`."""

    def job(number):
        if one_program:
            fields = {"code": READING[language], "stdin": f"{number}\n"}
        else:
            fields = {"code": PROGRAMS[language].replace("START", str(number))}
        if language == "python":
            # Run once, as natively.
            fields["isolation"] = "program"
        return json.dumps({"id": number, "language": language, **fields}) + "\n"

    command = [tgsand, "exec", "-", "--threads", str(AT_A_TIME)]
    with subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True) as process:
        process.stdin.write(job(count))
        process.stdin.flush()
        check(language, count, json.loads(process.stdout.readline())["stdout"])
        begun = time.monotonic()
        with concurrent.futures.ThreadPoolExecutor(1) as writer:
            writer.submit(lambda: (process.stdin.write("".join(map(job, range(count)))), process.stdin.close()))
            for number in range(count):
                check(language, number, json.loads(process.stdout.readline())["stdout"])
        return count / (time.monotonic() - begun)


def natively(language, count, one_program, folder):
    """Programs a second by the machine's own tools, or `None` if they are not there."""
    command = COMPILERS.get(language) or INTERPRETERS[language]
    if not shutil.which(command[0]):
        return None

    def written(name, code):
        path = folder / f"{name}{ENDINGS.get(language, '')}"
        path.write_text(code, encoding="utf-8")
        return path

    def ready(path):
        """The command that runs a program, which is compiled here if it has to be."""
        places = {"FILE": str(path), "BINARY": str(path.with_suffix(".out"))}
        filled = [places.get(part, part.replace("FILE", str(path))) for part in command]
        if language not in COMPILERS:
            return filled
        subprocess.run(filled, check=True, cwd=folder)
        return [places["BINARY"]]

    programs = [] if one_program else [
        written(f"{language}{number}", PROGRAMS[language].replace("START", str(number))) for number in range(count)]
    # Not timed: the first start fills caches, as Go's of its library.
    warm = ready(written(f"{language}_first", READING[language] if one_program else PROGRAMS[language].replace("START", "0")))
    subprocess.run(warm, input="0\n", capture_output=True, check=True, text=True)

    def run(number):
        start = warm if one_program else ready(programs[number])
        done = subprocess.run(start, input=f"{number}\n", capture_output=True, check=True, text=True)
        check(language, number, done.stdout)

    begun = time.monotonic()
    with concurrent.futures.ThreadPoolExecutor(AT_A_TIME) as threads:
        list(threads.map(run, range(count)))
    return count / (time.monotonic() - begun)


def main():
    parser = argparse.ArgumentParser(description=__doc__.partition("\n")[0])
    parser.add_argument("--tgsand", required=True, help="the program to start")
    parser.add_argument("--programs", type=int, default=400, help="programs of each language; a tenth of those that are compiled (400)")
    options = parser.parse_args()
    listed = subprocess.run([options.tgsand, "runtime", "list"], check=True, capture_output=True, text=True).stdout
    have = {line.split()[0] for line in listed.splitlines() if " installed " in line} | {"python"}
    print(f"programs a second, {AT_A_TIME} at a time, on {os.cpu_count()} processors\n")
    print(f"{'language':18} {'tgsand exec':>12} {'natively':>10} {'tool':>8}")
    rows = [(name, False) for name in PROGRAMS] + [(name, True) for name in READING]
    for language, one_program in rows:
        if language not in have:
            continue
        count = options.programs if one_program or language not in COMPILERS else max(options.programs // 10, 1)
        sandboxed = in_sandbox(options.tgsand, language, count, one_program)
        with tempfile.TemporaryDirectory() as folder:
            native = natively(language, count, one_program, pathlib.Path(folder))
        name = f"{language}, one program" if one_program else language
        tool = pathlib.Path((COMPILERS.get(language) or INTERPRETERS[language])[0]).name
        print(f"{name:18} {sandboxed:12.1f} {'-' if native is None else f'{native:.1f}':>10} {tool:>8}", flush=True)


main()
