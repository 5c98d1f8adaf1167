"""Runs an answer and a test of it in one interpreter, for tests that need more of the answer than data.

The test gets builtins and modules, with their classes and functions, as they were before the answer ran. An answer that
digs in frames or in the garbage collector's lists can still get at the test, which is why tests run apart wherever they can.
"""

import builtins
import copy
import sys
import types

BUILTINS = dict(vars(builtins))
SIMPLE = (int, float, complex, bool, str, bytes, bytearray, type(None))
LOADED = dict(sys.modules)
MODULES = [(module, dict(vars(module))) for module in LOADED.values() if type(module) is types.ModuleType]
IMMUTABLE = 1 << 8  # of a class: nobody can change it
MISSING = object()
ATTEMPTS = 5


def inside(spaces, kinds):
    """What of these kinds has a name in these dictionaries, each once."""
    return {id(value): value for space in spaces for value in space.values() if isinstance(value, kinds)}.values()


MODULE_CLASSES = inside([saved for _, saved in MODULES], type)
CLASSES = [(found, dict(vars(found))) for found in MODULE_CLASSES if not found.__flags__ & IMMUTABLE]
FUNCTIONS = [
    (found, found.__code__, found.__defaults__, found.__kwdefaults__)
    for found in inside([saved for _, saved in MODULES + CLASSES], types.FunctionType)
]
LIBRARY = {id(found) for found in MODULE_CLASSES}
MODULE_IDS = {id(module) for module in LOADED.values()}
set_of_class, delete_of_class = type.__setattr__, type.__delattr__
Module = types.ModuleType
modules = sys.modules
deepcopy = copy.deepcopy
settrace, setprofile, monitoring = sys.settrace, sys.setprofile, sys.monitoring


class Foreign(Exception):
    """The answer returned something that is not made of builtin types."""


def restore():
    """Undoes what an answer has changed in what it shares with the test."""
    settrace(None)
    setprofile(None)
    for tool in range(6):
        if monitoring.get_tool(tool) is not None:
            monitoring.set_events(tool, 0)
            monitoring.free_tool_id(tool)
    main = modules["__main__"]
    modules.update(LOADED)
    modules["__main__"] = main
    for _ in range(ATTEMPTS):
        if all(vars(module).get(name) is value for module, saved in MODULES for name, value in saved.items()):
            break
        # What goes may have a destructor that changes something again.
        for module, saved in MODULES:
            vars(module).update(saved)
    else:
        raise Foreign("a module that does not stay as it was")
    for found, saved in CLASSES:
        now = dict(vars(found))
        for name, value in saved.items():
            if now.pop(name, MISSING) is not value:
                set_of_class(found, name, value)
        for name in now:
            delete_of_class(found, name)
    for found, code, defaults, keywords in FUNCTIONS:
        if found.__code__ is not code:
            found.__code__ = code
        if found.__defaults__ is not defaults:
            found.__defaults__ = defaults
        if found.__kwdefaults__ is not keywords:
            found.__kwdefaults__ = keywords


def leaves(value, above=()):
    """All that is in a value and no container."""
    if type(value) in (list, tuple, set, frozenset, dict):
        if id(value) in above:
            return
        above = (*above, id(value))
        for item in value:
            yield from leaves(item, above)
        if type(value) is dict:
            for item in dict.values(value):
                yield from leaves(item, above)
    else:
        yield value


def plain(value):
    for leaf in leaves(value):
        if type(leaf) not in SIMPLE:
            raise Foreign(type(leaf).__name__)


def guard(function):
    def candidate(*args, **kwargs):
        given = [*leaves((args, kwargs))]  # kept, so that nothing new takes the place of one
        ids = set(map(id, given))
        try:
            value = function(*args, **kwargs)
        finally:
            restore()
        plain(value)
        for leaf in leaves((args, kwargs)):
            # What the test has handed over may be anything.
            if id(leaf) not in ids:
                plain(leaf)
        return value

    candidate.__name__ = candidate.__qualname__ = getattr(function, "__name__", "candidate")
    candidate.__doc__ = getattr(function, "__doc__", None)
    return candidate


def handed(name, value):
    """What a test gets of an answer's name: a stand-in for what can be called, data, or a module that is no imitation."""
    if callable(value):
        # It may be a function made elsewhere, an object, or a class.
        return value if id(value) in LIBRARY else guard(value)
    if type(value) is Module:
        return value if id(value) in MODULE_IDS or name not in LOADED else MISSING
    try:
        plain(value)
    except Foreign:
        return MISSING
    return value


def grade(answer, setup, definitions, call, guarded, token):
    main = Module("__main__")
    modules["__main__"] = main
    space = main.__dict__
    exec(compile(answer, "answer.py", "exec", dont_inherit=True), space)
    exec(compile(setup, "setup.py", "exec", dont_inherit=True), space)
    restore()
    test = {"__name__": "__main__", "__builtins__": dict(BUILTINS)}
    for name, value in space.items():
        if name in BUILTINS or name.startswith("__"):
            continue
        value = handed(name, value) if guarded else value
        if value is not MISSING:
            test[name] = value
    exec(compile(definitions, "test.py", "exec", dont_inherit=True), test)
    exec(compile(call, "test.py", "exec", dont_inherit=True), test)
    return token


def record(answer, setup, definitions, call, entry):
    """The arguments of the calls that a test makes of an answer; a hint, whatever the answer makes of it."""
    main = Module("__main__")
    modules["__main__"] = main
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
