"""Runs a mix of programs natively, for `mix.rs` to compare with: `mix.py exec|fork|python|isolated JOBS < PROGRAMS`.

PROGRAMS has one program a line: `{"code": …, "calls": ["f(1)", …]}`; JOBS is how many of them run, in turn. Prints the CPU seconds of
all jobs, those of child processes too, and their wall seconds. Only the benchmarks' own programs are run.
"""

import contextlib
import io
import itertools
import json
import os
import subprocess
import sys
import time


def in_process(program):
    """Runs a program in this interpreter: compiled and loaded anew, then each of its calls."""
    names = {"__name__": "program"}
    with contextlib.redirect_stdout(io.StringIO()):
        exec(compile(program["code"], "program", "exec"), names)
        for call in program["calls"]:
            with contextlib.suppress(Exception):
                eval(call, names)


def forked(program):
    """Runs a program in a child of this warm interpreter and waits for it."""
    child = os.fork()
    if child == 0:
        in_process(program)
        os._exit(0)
    os.waitpid(child, 0)


def started(flags, program):
    """Runs a program in an interpreter of its own."""
    calls = "".join(f"\ntry: {call}\nexcept Exception: pass" for call in program["calls"])
    command = [sys.executable, *flags, "-c", program["code"] + calls]
    subprocess.run(command, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL, check=False)


RUN = {
    "exec": in_process,
    "fork": forked,
    "python": lambda program: started([], program),
    "isolated": lambda program: started(["-I", "-S"], program),
}


def cpu_seconds():
    """What this process and its finished children have used."""
    used = os.times()
    return used.user + used.system + used.children_user + used.children_system


def main():
    """Runs the mix."""
    run, jobs = RUN[sys.argv[1]], int(sys.argv[2])
    programs = [json.loads(line) for line in sys.stdin]
    cpu, wall = cpu_seconds(), time.perf_counter()
    for program in itertools.islice(itertools.cycle(programs), jobs):
        run(program)
    print(cpu_seconds() - cpu, time.perf_counter() - wall)


main()
