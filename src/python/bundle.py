"""Imports the modules that travel with a program."""

import importlib.machinery
import importlib.util
import sys

_SOURCES = {}


def _is_installed(name):
    """Whether a module from outside can be found."""
    return name in sys.modules or importlib.util.find_spec(name) is not None


def _refusing(package, missing):
    """What an empty package answers: it has its modules and nothing else, and nobody can take that for a missing name."""

    def __getattr__(name):
        if name.startswith("__") or f"{package}.{name}" in _SOURCES:
            raise AttributeError(name)
        raise RuntimeError(f"{package} needs {missing}, which is not installed")

    return __getattr__


class _Modules:
    """Finds the modules that the program brings along.

    By the dotted name: a path, whether it is a package, its text, and what else has to be installed.
    """

    @staticmethod
    def find_spec(name, path=None, target=None):
        """The specification of one of these modules."""
        if name not in _SOURCES:
            return None
        path, is_package, _, _ = _SOURCES[name]
        spec = importlib.machinery.ModuleSpec(name, _Modules, origin=path, is_package=is_package)
        spec.has_location = True
        if is_package:
            spec.submodule_search_locations.append(path.rpartition("/")[0])
        return spec

    @staticmethod
    def create_module(spec):
        """Leaves it to the interpreter."""

    @staticmethod
    def get_source(name):
        """The text of a module, for tracebacks."""
        return _SOURCES[name][2]

    @staticmethod
    def exec_module(module):
        """Runs the module's text, unless it needs what is not installed."""
        path, _, source, needs = _SOURCES[module.__name__]
        missing = [name for name in needs if not _is_installed(name)]
        if missing:
            module.__getattr__ = _refusing(module.__name__, missing[0])
            return
        exec(compile(source, path, "exec", dont_inherit=True), module.__dict__)


sys.meta_path.insert(0, _Modules)
