"""Runs an answer and a test of it in one interpreter, for tests that need more of the answer than data.

The test gets builtins and modules, with their classes and functions, as they were before the answer ran. No container belongs
to both: an answer gets copies, and what it returns is copied. An answer that digs in frames or in the garbage collector's lists
can still get at the test, which is why tests run apart wherever they can.
"""

import _abc
import abc
import builtins
import copy
import decimal
import importlib
import operator
import random
import sys
import types
import unittest

PYTEST = sys.modules.pop("pytest", None)  # our stand-in, which only the test may import
builtin_import = builtins.__import__


def import_for_test(name, *rest, **named):
    return PYTEST if name == "pytest" and PYTEST else builtin_import(name, *rest, **named)


BUILTINS = {**vars(builtins), "__import__": import_for_test}
SIMPLE = (int, float, complex, bool, str, bytes, bytearray, type(None))
LOADED = dict(sys.modules)
MODULES = [(module, dict(vars(module))) for module in [*LOADED.values(), PYTEST] if type(module) is types.ModuleType]
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
getrefcount = sys.getrefcount
settrace, setprofile, monitoring = sys.settrace, sys.setprofile, sys.monitoring
SEARCHED = [(found, list(found)) for found in (sys.meta_path, sys.path_hooks, sys.path)]
ABSTRACT = [(found, [kind() for kind in _abc._get_dump(found)[0]]) for found in MODULE_CLASSES if type(found) is abc.ABCMeta]
CONTEXTS = [(found, found.copy()) for found in (decimal.DefaultContext, decimal.BasicContext, decimal.ExtendedContext)]
FIELDS = "prec rounding Emin Emax capitals clamp".split()
generator, generator_fields = random._inst, dict(vars(random._inst))
answers_modules, states = {}, {}


class Foreign(Exception):
    """The answer returned something that is not made of builtin types."""


def change_sides(leaving, entering):
    """Keeps the state of those who leave - of `random` and `decimal` - and puts back that of those who enter."""
    states[leaving] = generator.getstate(), decimal.getcontext().copy()
    state, context = states.get(entering, states[leaving])
    vars(generator).clear()
    vars(generator).update(generator_fields)
    generator.setstate(state)
    decimal.setcontext(context.copy())


def restore_modules():
    """Takes away what an answer has loaded, until it runs again: the test loads its own."""
    main = modules["__main__"]
    for name in [name for name in modules if name not in LOADED]:
        answers_modules[name] = modules.pop(name)
    modules.update(LOADED)
    modules["__main__"] = main
    for found, saved in SEARCHED:
        found[:] = saved
    sys.path_importer_cache.clear()


def restore_registries():
    for found, kinds in ABSTRACT:
        _abc._reset_registry(found)
        _abc._reset_caches(found)
        for kind in kinds:
            _abc._abc_register(found, kind)


def restore():
    """Undoes what an answer has changed in what it shares with the test."""
    settrace(None)
    setprofile(None)
    for tool in range(6):
        if monitoring.get_tool(tool) is not None:
            monitoring.set_events(tool, 0)
            monitoring.free_tool_id(tool)
    restore_modules()
    for _ in range(ATTEMPTS):
        if all(vars(module).get(name) is value for module, saved in MODULES for name, value in saved.items()):
            break
        # What goes may have a destructor that changes something again.
        for module, saved in MODULES:
            vars(module).update(saved)
    else:
        raise Foreign("a module that does not stay as it was")
    restore_classes(CLASSES)
    restore_functions(FUNCTIONS)
    if _abc.get_cache_token() != states.get("registered"):
        restore_registries()
        states["registered"] = _abc.get_cache_token()
    for context, saved in CONTEXTS:
        for field in FIELDS:
            setattr(context, field, getattr(saved, field))
        context.traps.update(saved.traps)
    change_sides("answer", "test")


def restore_classes(classes):
    for found, saved in classes:
        now = dict(vars(found))
        for name, value in saved.items():
            if now.pop(name, MISSING) is not value:
                set_of_class(found, name, value)
        for name in now:
            delete_of_class(found, name)


def restore_functions(functions):
    for found, code, defaults, keywords in functions:
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


class Test:
    """The test's side: its names, and what it has handed to the answer, by which the answer could reach them."""

    def __init__(self, text):
        self.space = {"__name__": "__main__", "__builtins__": dict(BUILTINS)}
        self.rebinds = "global" in text or "nonlocal" in text
        self.given = {}
        self.variables, self.answers = {}, {}
        self.ferry = Ferry(self)
        # What a test changes in a module, such as the output that it catches, it has to name or to use by way of `contextlib`.
        self.modules = [(module, saved) for module, saved in MODULES if module is sys or module.__name__ in text]

    def note(self, value):
        self.given[id(value)] = value

    def refresh(self):
        """Gives the test what the answer's variables hold now, as far as it has not taken their names itself."""
        for name, known in self.variables.items():
            if self.space.get(name) is known:
                value = handed(name, self.answers.get(name), self)
                if value is not MISSING:
                    self.variables[name] = self.space[name] = value

    def patches(self):
        """What the test has changed in modules; undone with an answer's changes, it is done again."""
        return [
            (module, name, vars(module)[name])
            for module, saved in self.modules
            for name, value in saved.items()
            if vars(module).get(name, value) is not value
        ]

    def saved(self):
        """What an answer that has been given a function or an object could change of the test by way of it."""
        if not self.given:
            return None
        functions = [*inside([self.space, self.given], types.FunctionType)]
        classes = [found for found in inside([self.space], type) if not found.__flags__ & IMMUTABLE]
        cells = [cell for function in functions for cell in function.__closure__ or ()]
        return (
            dict(self.space),
            [(found, dict(vars(found))) for found in classes if id(found) not in LIBRARY],
            [(found, found.__code__, found.__defaults__, found.__kwdefaults__) for found in functions],
            [] if self.rebinds else [(cell, cell.cell_contents) for cell in cells if cell != types.CellType()],
        )

    def restore(self, saved):
        if saved is None:
            return
        names, classes, functions, cells = saved
        for name in [*self.space]:
            if name not in names and (not self.rebinds or name in BUILTINS):
                del self.space[name]
        for name, value in names.items():
            if not self.rebinds or callable(value) or type(value) is Module:
                self.space[name] = value
        self.space["__builtins__"].update(BUILTINS)
        restore_classes(classes)
        restore_functions(functions)
        for cell, contents in cells:
            cell.cell_contents = contents


class Ferry:
    """Carries values across, so that no container belongs to both sides.

    A container and its copy stay a pair for as long as both sides hold them: before a call the answer's copies become what the
    test has made of them, and after it the other way round, so that both sides see what they would see of one object.
    """

    def __init__(self, test):
        self.test = test
        self.by_tests, self.by_answers = {}, {}
        self.running = 0

    def pair(self, tests, answers):
        self.by_tests[id(tests)] = self.by_answers[id(answers)] = (tests, answers)

    def copy(self, value, carried, noted):
        kind = type(value)
        if kind in (tuple, frozenset):
            noted(value, found := kind([carried(item) for item in value]))
            return found
        noted(value, found := kind())
        if kind is dict:
            found.update([(carried(key), carried(item)) for key, item in dict.items(value)])
        elif kind is bytearray:
            found[:] = value
        else:
            (found.extend if kind is list else found.update)([carried(item) for item in value])
        return found

    def inward(self, value):
        if type(value) not in CONTAINERS:
            if type(value) not in SIMPLE:
                self.test.note(value)
            return value
        if id(value) in self.by_tests:
            return self.by_tests[id(value)][1]
        return self.copy(value, self.inward, self.pair)

    def outward(self, value):
        if type(value) in SIMPLE and type(value) is not bytearray or id(value) in self.test.given:
            return value
        if type(value) not in CONTAINERS:
            raise Foreign(type(value).__name__)
        if id(value) in self.by_answers:
            return self.by_answers[id(value)][0]
        return self.copy(value, self.outward, lambda answers, tests: self.pair(tests, answers))

    def enter(self, args, kwargs):
        """The arguments of a call, for the answer."""
        if not self.running:
            self.forget()
            for tests, answers in [*self.by_tests.values()]:
                become(answers, tests, self.inward)
        self.running += 1
        return [self.inward(arg) for arg in args], {name: self.inward(arg) for name, arg in kwargs.items()}

    def leave(self):
        """Gives the test's containers what the answer has made of their copies."""
        self.running -= 1
        for tests, answers in [*self.by_tests.values()]:
            become(tests, answers, self.outward)

    def forget(self):
        """Parts pairs of which one side holds nothing any more."""
        for pair in [*self.by_tests.values()]:
            if getrefcount(pair[0]) <= UNHELD or getrefcount(pair[1]) <= UNHELD:
                del self.by_tests[id(pair[0])], self.by_answers[id(pair[1])]


def are_same(left, right):
    return len(left) == len(right) and all(map(operator.is_, left, right))


def become(target, source, carried):
    """Gives a container the items of its other side; one that has them stays as it is, in its own order."""
    kind = type(target)
    if kind in (list, bytearray):
        # Only what is no container is the same on both sides.
        if not are_same(target, source) and not are_same(target, items := [carried(item) for item in source]):
            target[:] = items
    elif kind is dict:
        entries = [(carried(key), carried(item)) for key, item in dict.items(source)]
        keys, items = [key for key, _ in entries], [item for _, item in entries]
        if not (are_same([*target], keys) and are_same([*target.values()], items)):
            target.clear()
            target.update(entries)
    elif kind is set:
        items = [carried(item) for item in source]
        if {*map(id, target)} != {*map(id, items)}:
            target.clear()
            target.update(items)


UNHELD = (lambda pair: getrefcount(pair[0]))(([], []))  # references to what only its pair holds
CONTAINERS = (list, tuple, set, frozenset, dict, bytearray)
STEERING = (unittest.SkipTest, unittest.case._ShouldStop)  # exceptions that a test runner takes for no failure


class Steered(Exception):
    """The answer raised an exception that would have ended the test without a failure."""


def guard(function, test):
    def candidate(*args, **kwargs):
        sent = test.ferry.enter(args, kwargs)
        saved, patches = test.saved(), test.patches()
        change_sides("test", "answer")
        modules.update(answers_modules)
        try:
            value = function(*sent[0], **sent[1])
        except STEERING as error:
            raise Steered(type(error).__name__) from None
        finally:
            restore()
            for module, name, value in patches:
                setattr(module, name, value)
            test.restore(saved)
            test.ferry.leave()
            test.refresh()
        return test.ferry.outward(value)

    candidate.__name__ = candidate.__qualname__ = getattr(function, "__name__", "candidate")
    candidate.__doc__ = getattr(function, "__doc__", None)
    return candidate


def loaded(module):
    """The test's own module of a name; one that only the answer has is none."""
    try:
        return importlib.import_module(module.__name__)
    except Exception:
        return MISSING


def handed(name, value, test):
    """What a test gets of an answer's name: a stand-in for what can be called, data, or a module that is no imitation."""
    if callable(value):
        # It may be a function made elsewhere, an object, or a class.
        return value if id(value) in LIBRARY else guard(value, test)
    if type(value) is Module:
        return value if id(value) in MODULE_IDS else loaded(value)
    try:
        plain(value)
    except Foreign:
        return MISSING
    return test.ferry.outward(value)


def grade(answer, setup, definitions, call, guarded, token):
    main = Module("__main__")
    modules["__main__"] = main
    space = main.__dict__
    states["registered"] = _abc.get_cache_token()
    change_sides("test", "answer")
    exec(compile(answer, "answer.py", "exec", dont_inherit=True), space)
    exec(compile(setup, "setup.py", "exec", dont_inherit=True), space)
    restore()
    test = Test(definitions + call)
    test.answers = space
    for name, value in space.items():
        if name in BUILTINS or name.startswith("__"):
            continue
        value = handed(name, value, test) if guarded else value
        if value is not MISSING:
            test.space[name] = value
            if guarded and not callable(value) and name in definitions + call:
                test.variables[name] = value
    if not guarded:
        modules.update(answers_modules)
    exec(compile(definitions, "test.py", "exec", dont_inherit=True), test.space)
    exec(compile(call, "test.py", "exec", dont_inherit=True), test.space)
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

    test = {"__name__": "__main__", "__builtins__": dict(BUILTINS), entry: candidate}
    try:
        exec(compile(setup, "setup.py", "exec", dont_inherit=True), test)
        test[entry] = candidate
        exec(compile(definitions, "test.py", "exec", dont_inherit=True), test)
        exec(compile(call, "test.py", "exec", dont_inherit=True), test)
    except BaseException:
        pass  # what was recorded until here is a hint as well
    return made
