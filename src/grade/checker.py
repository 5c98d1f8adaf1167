"""Runs a problem's own checker on one answer; this program has an interpreter of its own."""

import builtins
import io
import os
import sys

MAX_SHOWN = 1000


def opener(files, original):
    """Return an `open` that finds these texts under their names."""
    def find(file, mode="r", buffering=-1, encoding=None, errors=None, newline=None, *rest, **named):
        name = os.path.basename(os.fspath(file)) if not isinstance(file, int) else None
        if name not in files or set(mode) - set("rtb"):
            return original(file, mode, buffering, encoding, errors, newline, *rest, **named)
        data = io.BytesIO(files[name].encode("utf-8", "surrogatepass"))
        return data if "b" in mode else io.TextIOWrapper(data, "utf-8", errors or "replace", newline)
    return find


def check(source, stdin, expected, got):
    """Run the checker; return what it printed and its exit code, `None` if it did not exit by itself."""
    files = {"input.txt": stdin, "correct_output.txt": expected, "solution_output.txt": got}
    builtins.open = io.open = opener(files, io.open)
    sys.argv = ["checker.py", *files]
    printed, code = io.StringIO(), None
    stdout, sys.stdout = sys.stdout, printed
    try:
        exec(compile(source, "checker.py", "exec"), {"__name__": "__main__", "__builtins__": builtins})
    except SystemExit as ended:
        code = ended.code if isinstance(ended.code, int) else int(ended.code is not None)
    finally:
        sys.stdout = stdout
    return [printed.getvalue()[:MAX_SHOWN], code]
