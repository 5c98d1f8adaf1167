"""Stands in for `pytest`, which no runtime has, as far as published tests use it; anything else raises an error that names it.

A test that is marked as skipped or expected to fail is not run. One that skips itself while it runs has failed, since an answer
may be the reason.
"""

import collections
import collections.abc
import contextlib
import decimal
import importlib
import inspect
import io
import itertools
import math
import numbers
import re
import sys
import types
import warnings


def unavailable(feature):
    return NotImplementedError(f"pytest: {feature} is not available here")


def __getattr__(name):
    # Dunders are asked for by the import system.
    raise AttributeError(name) if name.startswith("__") else unavailable(name)


class Outcome(BaseException):
    """Ends a test from within; `except Exception` does not stop it."""


class Failed(Outcome):
    pass


class Skipped(Outcome):
    pass


def fail(reason="", pytrace=True):
    raise Failed(reason)


def skip(reason="", *, allow_module_level=False):
    raise Skipped(f"skipped: {reason}")


def xfail(reason=""):
    raise Skipped(f"expected to fail: {reason}")


fail.Exception = Failed
skip.Exception = xfail.Exception = Skipped


def importorskip(modname, minversion=None, reason=None):
    return importlib.import_module(modname)


def main(*args, **kwargs):
    """Runs nothing: the tests of the script run anyway."""
    return 0


class ExceptionInfo:
    """The exception that a block raised, once it has."""

    value = None
    type = property(lambda self: type(self.value))
    typename = property(lambda self: type(self.value).__name__)
    tb = property(lambda self: self.value.__traceback__)

    def match(self, regexp):
        if not re.search(regexp, str(self.value)):
            raise AssertionError(f"the message {str(self.value)!r} does not match {regexp!r}")
        return True

    def errisinstance(self, exc):
        return isinstance(self.value, exc)

    def exconly(self, tryshort=False):
        return f"{self.typename}: {self.value}"


class Raises:
    def __init__(self, expected, match=None, check=None):
        kinds = expected if type(expected) is tuple else (expected,)
        if not kinds or not all(isinstance(kind, type) and issubclass(kind, BaseException) for kind in kinds):
            raise TypeError(f"raises expects an exception class or several, not {expected!r}")
        self.kinds, self.pattern, self.check = kinds, match, check

    def __enter__(self):
        self.info = ExceptionInfo()
        return self.info

    def __exit__(self, kind, error, trace):
        if kind is None:
            fail("did not raise " + " or ".join(expected.__name__ for expected in self.kinds))
        if not issubclass(kind, self.kinds):
            return False
        self.info.value = error
        if self.pattern is not None:
            self.info.match(self.pattern)
        if self.check is not None and not self.check(error):
            raise AssertionError(f"the check does not accept {error!r}")
        return True


def raises(expected_exception, *args, **kwargs):
    if not args:
        return Raises(expected_exception, **kwargs)
    with Raises(expected_exception) as info:
        args[0](*args[1:], **kwargs)
    return info


class Warns(warnings.catch_warnings):
    def __init__(self, expected_warning=Warning, *, match=None):
        super().__init__(record=True)
        self.kinds, self.pattern = expected_warning, match

    def __enter__(self):
        self.list = super().__enter__()
        warnings.simplefilter("always")
        return self

    def __exit__(self, kind, error, trace):
        super().__exit__(kind, error, trace)
        matching = [found for found in self.list if issubclass(found.category, self.kinds)]
        if self.pattern is not None:
            matching = [found for found in matching if re.search(self.pattern, str(found.message))]
        if kind is None and not matching:
            fail(f"did not warn of {self.kinds!r}" + (f" matching {self.pattern!r}" if self.pattern else ""))

    def __iter__(self):
        return iter(self.list)

    def __len__(self):
        return len(self.list)

    def __getitem__(self, index):
        return self.list[index]


def warns(expected_warning=Warning, *args, match=None, **kwargs):
    if not args:
        return Warns(expected_warning, match=match)
    with Warns(expected_warning):
        return args[0](*args[1:], **kwargs)


def deprecated_call(*args, **kwargs):
    return warns((DeprecationWarning, PendingDeprecationWarning, FutureWarning), *args, **kwargs)


class Approx:
    """A number, or a list, tuple, dictionary or array of numbers, that equals others which are near."""

    __hash__ = None
    __array_ufunc__ = None  # numpy leaves the comparison to us
    __array_priority__ = 100

    def __init__(self, expected, rel, abs, nan_ok):
        self.expected, self.rel, self.abs, self.nan_ok = expected, rel, abs, nan_ok
        for name, tolerance in (("relative", rel), ("absolute", abs)):
            if tolerance is not None and not tolerance >= 0:
                raise ValueError(f"the {name} tolerance {tolerance} is not a number from 0")
        items = expected.values() if isinstance(expected, dict) else expected
        if isinstance(expected, (set, frozenset)):
            raise TypeError("pytest.approx() only supports ordered sequences")
        if isinstance(expected, (list, tuple, dict)) and any(isinstance(item, type(expected)) for item in items):
            raise TypeError(f"pytest.approx() does not support nested data structures: {expected!r}")

    def __repr__(self):
        return f"approx({self.expected!r})"

    def __bool__(self):
        raise AssertionError("approx() is not supported in a boolean context; write: assert a == approx(b)")

    def __eq__(self, actual):
        expected = self.expected
        if hasattr(expected, "tolist") and hasattr(expected, "shape"):
            return getattr(actual, "shape", ()) == expected.shape and self.are_near(flat(actual), flat(expected))
        if isinstance(expected, dict):
            if not hasattr(actual, "keys") or set(actual.keys()) != set(expected.keys()):
                return False
            return all(self.is_near(actual[key], value) for key, value in expected.items())
        if isinstance(expected, collections.abc.Sequence) and not isinstance(expected, (str, bytes)):
            return hasattr(actual, "__len__") and len(actual) == len(expected) and self.are_near(actual, expected)
        if hasattr(actual, "tolist") and hasattr(actual, "shape"):
            return all(self.is_near(item, expected) for item in flat(actual))
        return self.is_near(actual, expected)

    def are_near(self, actual, expected):
        return all(itertools.starmap(self.is_near, zip(actual, expected)))

    def is_near(self, actual, expected):
        if isinstance(expected, bool) != isinstance(actual, bool):
            return False
        if actual == expected:
            return True
        if not all(isinstance(value, (numbers.Complex, decimal.Decimal)) for value in (actual, expected)):
            return False
        if math.isnan(abs(expected)):
            return self.nan_ok and math.isnan(abs(actual))
        if math.isinf(abs(expected)):
            return False
        return abs(expected - actual) <= self.tolerance(expected)

    def tolerance(self, expected):
        kind = decimal.Decimal if isinstance(expected, decimal.Decimal) else float
        default = [kind("1e-6"), kind("1e-12")]
        absolute = default[1] if self.abs is None else self.abs
        if self.rel is None and self.abs is not None:
            return absolute
        return max(absolute, (default[0] if self.rel is None else self.rel) * abs(expected))


def flat(array):
    return array.ravel().tolist() if hasattr(array, "ravel") else [array]


def approx(expected, rel=None, abs=None, nan_ok=False):
    return Approx(expected, rel, abs, nan_ok)
