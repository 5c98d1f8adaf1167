"""Runs an answer and a test of it in one interpreter, for tests that need more of the answer than data.

The test gets builtins and modules as they were before the answer ran. An answer that digs in frames or in the garbage
collector's lists can still get at the test, which is why tests run apart wherever they can.
"""

import builtins
import copy
import sys
import types

BUILTINS = dict(vars(builtins))
SIMPLE = (int, float, complex, bool, str, bytes, bytearray, type(None))
MODULES = [(module, dict(vars(module))) for module in list(sys.modules.values()) if type(module) is types.ModuleType]
FUNCTION = types.FunctionType
Module = types.ModuleType
main_of = sys.modules
deepcopy = copy.deepcopy
settrace, setprofile = sys.settrace, sys.setprofile


class Foreign(Exception):
    """The answer returned something that is not made of builtin types."""


def plain(value, above=()):
    kind = type(value)
    if kind in SIMPLE or id(value) in above:
        return
    above = (*above, id(value))
    if kind in (list, tuple, set, frozenset):
        for item in value:
            plain(item, above)
    elif kind is dict:
        for key, item in dict.items(value):
            plain(key, above)
            plain(item, above)
    else:
        raise Foreign(kind.__name__)


def guard(function):
    def candidate(*args, **kwargs):
        try:
            value = function(*args, **kwargs)
        finally:
            settrace(None)
            setprofile(None)
        plain(value)
        return value

    candidate.__name__ = candidate.__qualname__ = function.__name__
    candidate.__doc__ = function.__doc__
    return candidate


def judge(answer, setup, definitions, call, guarded, token):
    main = Module("__main__")
    main_of["__main__"] = main
    space = main.__dict__
    exec(compile(answer, "answer.py", "exec", dont_inherit=True), space)
    exec(compile(setup, "setup.py", "exec", dont_inherit=True), space)
    settrace(None)
    setprofile(None)
    for module, saved in MODULES:
        vars(module).update(saved)
    test = {"__name__": "__main__", "__builtins__": dict(BUILTINS)}
    for name, value in space.items():
        if name in BUILTINS or name.startswith("__"):
            continue
        own = guarded and type(value) is FUNCTION and value.__globals__ is space
        test[name] = guard(value) if own else value
    exec(compile(definitions, "test.py", "exec", dont_inherit=True), test)
    exec(compile(call, "test.py", "exec", dont_inherit=True), test)
    return token


def record(answer, setup, definitions, call, entry):
    """The arguments of the calls that a test makes of an answer; a hint, whatever the answer makes of it."""
    main = Module("__main__")
    main_of["__main__"] = main
    space = main.__dict__
    exec(compile(answer, "answer.py", "exec", dont_inherit=True), space)
    exec(compile(setup, "setup.py", "exec", dont_inherit=True), space)
    function, made = space[entry], []

    def candidate(*args, **kwargs):
        try:
            plain((args, kwargs))
            made.append(deepcopy((args, kwargs)))
        except Foreign:
            pass
        return function(*args, **kwargs)

    test = {"__name__": "__main__", entry: candidate}
    try:
        exec(compile(setup, "setup.py", "exec", dont_inherit=True), test)
        test[entry] = candidate
        exec(compile(definitions, "test.py", "exec", dont_inherit=True), test)
        exec(compile(call, "test.py", "exec", dont_inherit=True), test)
    except BaseException:
        pass  # what was recorded until here is a hint as well
    return made
