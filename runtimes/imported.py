"""Starts a program otherwise than as a script: another program imports it, at a terminal, with arguments of its own.

Nothing is loaded then but what the interpreter starts with and what the program imports, as natively; modules that are loaded
already only become visible. One of the runs that a result has to be the same in may begin like this.
"""

import importlib.machinery
import os
import sys
import types

NAME, IMPORTER = "imported", "/usr/bin/pytest"
ARGUMENTS = ["-q", "tests"]

visible, hidden, needed, specs = {}, {}, {}, {}


def imports_of(module):
    """The names of modules that a module has imported, as far as its own names show."""
    found = {}
    for value in list(vars(module).values()):
        try:
            name = value.__name__ if isinstance(value, types.ModuleType) else value.__module__
        except Exception:
            continue
        if type(name) is str and name in hidden:
            found[name] = True
    return list(found)


class Loaded:
    """Finds modules that are loaded already."""

    @staticmethod
    def find_spec(name, path=None, target=None):
        """The specification of a module that is loaded already."""
        return importlib.machinery.ModuleSpec(name, Loaded) if name in hidden else None

    @staticmethod
    def create_module(spec):
        """The module, when all that it has imported is visible."""
        left = [spec.name]
        while left:
            name = left.pop()
            if name not in sys.modules:
                sys.modules[name] = hidden[name]
                left += needed[name]
        return hidden[spec.name]

    @staticmethod
    def exec_module(module):
        """Gives the module its own specification back."""
        module.__spec__ = specs[module.__spec__.name]


def prepare(fresh):
    """Notes which modules are visible: those with names in `fresh`, the modules of an interpreter that has just started."""
    for name, module in sys.modules.items():
        (visible if name in fresh else hidden)[name] = module
    for name, module in hidden.items():
        specs[name] = getattr(module, "__spec__", None)
        parent = name.rpartition(".")[0]
        needed[name] = imports_of(module) + ([parent] if parent in hidden else [])


def start(file):
    """Makes the module of a program that is imported from a file."""
    module = types.ModuleType(NAME)
    module.__file__, module.__package__, module.__cached__ = file, "", f"__pycache__/{NAME}.pyc"
    module.__spec__ = importlib.machinery.ModuleSpec(NAME, None, origin=file)
    module.__builtins__ = sys.modules["builtins"].__dict__
    importer = types.ModuleType("__main__")
    importer.__file__ = IMPORTER
    sys.modules.clear()
    sys.modules.update(visible)
    sys.modules["__main__"], sys.modules[NAME] = importer, module
    sys.meta_path.insert(0, Loaded)
    sys.argv = [IMPORTER, *ARGUMENTS]
    sys.orig_argv = [sys.executable, *sys.argv]
    os.environ.update(COLUMNS="132", LINES="43")
    os.isatty = lambda descriptor: True
    for stream in (sys.stdin, sys.stdout, sys.stderr):
        stream.isatty = lambda: True
    return module
