"""Imports the modules that travel with a program."""

import importlib.machinery
import sys

_SOURCES = {}


class _Modules:
    """Finds the modules that the program brings along: a path, whether it is a package, and its text, by the dotted name."""

    @staticmethod
    def find_spec(name, path=None, target=None):
        """The specification of one of these modules."""
        if name not in _SOURCES:
            return None
        path, is_package, _ = _SOURCES[name]
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
        """Runs the module's text."""
        path, _, source = _SOURCES[module.__name__]
        exec(compile(source, path, "exec", dont_inherit=True), module.__dict__)


sys.meta_path.insert(0, _Modules)
