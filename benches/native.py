"""Runs a snippet natively, for the benchmarks to compare with: `native.py fork|exec COUNT FILE` or `native.py time FILE`.

Prints one duration in seconds a line. Only the benchmarks' own programs are run.
"""

import contextlib
import io
import os
import sys
import time


def forked(code):
    """Runs the snippet in a child of this warm interpreter and waits for it."""
    child = os.fork()
    if child == 0:
        with contextlib.redirect_stdout(io.StringIO()):
            exec(code, {"__name__": "__main__"})
        os._exit(0)
    os.waitpid(child, 0)


def in_process(code):
    """Runs the snippet in this interpreter."""
    with contextlib.redirect_stdout(io.StringIO()):
        exec(code, {"__name__": "__main__"})


def main():
    mode, path = sys.argv[1], sys.argv[-1]
    count = int(sys.argv[2]) if mode != "time" else 1
    run = forked if mode == "fork" else in_process
    with open(path, encoding="utf-8") as file:
        source = file.read()
    durations = []
    for _ in range(count):
        start = time.perf_counter()
        run(compile(source, "snippet", "exec"))
        durations.append(time.perf_counter() - start)
    print("\n".join(map(str, durations)))


main()
