"""Compiles modules of packages and runs nothing of them: on stdin the name and source of each, on stdout its bytecode.

A module that does not compile has none: whatever imports it is told why by its source.
"""

import importlib.util
import marshal
import sys
import warnings

UNCHECKED = (1).to_bytes(4, "little")  # of a pyc file: it is valid whatever its source says

warnings.simplefilter("ignore")
modules, compiled = sys.stdin.buffer, sys.stdout.buffer
while name := modules.readline():
    source = modules.read(int(modules.readline()))
    try:
        code = marshal.dumps(compile(source, name[:-1].decode(), "exec", dont_inherit=True))
        code = importlib.util.MAGIC_NUMBER + UNCHECKED + importlib.util.source_hash(source) + code
    except (SyntaxError, ValueError, RecursionError, MemoryError):
        code = b""
    compiled.write(b"%d\n" % len(code))
    compiled.write(code)
