"""Marks, and the fixtures of a test and of `pytest` itself."""

class Mark:
    def __init__(self, name, args=(), kwargs=types.MappingProxyType({})):
        self.name, self.args, self.kwargs = name, args, kwargs

    def __call__(self, *args, **kwargs):
        if len(args) == 1 and not kwargs and isinstance(args[0], (types.FunctionType, type)):
            args[0].pytestmark = [*own_marks(vars(args[0])), self]
            return args[0]
        return Mark(self.name, self.args + args, {**self.kwargs, **kwargs})

    def argument(self, index, name, default=None):
        return self.args[index] if len(self.args) > index else self.kwargs.get(name, default)


class Marks:
    def __getattr__(self, name):
        if name.startswith("_"):
            raise AttributeError(name)
        return Mark(name)


mark = Marks()


def own_marks(space):
    found = space.get("pytestmark", [])
    return list(found) if isinstance(found, (list, tuple)) else [found]


class Case:
    """The values of one case of a parametrized test."""

    def __init__(self, values, marks):
        self.values, self.marks = values, own_marks({"pytestmark": marks})


def param(*values, marks=(), id=None):
    return Case(values, marks)


class Fixture:
    def __init__(self, function, scope="function", params=None, autouse=False, ids=None, name=None):
        self.function, self.scope, self.autouse = function, scope, autouse
        self.params = None if params is None else [one.values[0] if isinstance(one, Case) else one for one in params]
        self.name = name or function.__name__

    def __call__(self, *args, **kwargs):
        fail(f"fixture {self.name!r} is called directly")


def fixture(function=None, **options):
    if function is None:
        return lambda function: Fixture(function, **options)
    return Fixture(function, **options)


class Captured:
    Result = collections.namedtuple("CaptureResult", "out err")

    def __init__(self):
        self.streams = io.StringIO(), io.StringIO()

    def readouterr(self):
        texts = [stream.getvalue() for stream in self.streams]
        for stream in self.streams:
            stream.seek(0)
            stream.truncate()
        return self.Result(*texts)


@fixture
def capsys():
    captured = Captured()
    with contextlib.redirect_stdout(captured.streams[0]), contextlib.redirect_stderr(captured.streams[1]):
        yield captured


class MonkeyPatch:
    """Changes that are undone when the test ends."""

    def __init__(self):
        from unittest import mock

        self.stack, self.mock = contextlib.ExitStack(), mock

    def setattr(self, target, name, *value, raising=True):
        if not value:
            change = self.mock.patch(target, name, create=not raising)
        else:
            change = self.mock.patch.object(target, name, value[0], create=not raising)
        self.stack.enter_context(change)

    def delattr(self, target, name):
        self.setattr(target, name, None)
        delattr(target, name)

    def setitem(self, mapping, name, value):
        self.stack.enter_context(self.mock.patch.dict(mapping, {name: value}))

    def delitem(self, mapping, name, raising=True):
        self.stack.enter_context(self.mock.patch.dict(mapping))
        mapping.pop(name, *([] if raising else [None]))

    def setenv(self, name, value):
        self.setitem(importlib.import_module("os").environ, name, str(value))

    def delenv(self, name, raising=True):
        self.delitem(importlib.import_module("os").environ, name, raising)

    def undo(self):
        self.stack.close()

    def __getattr__(self, name):
        raise unavailable(f"monkeypatch.{name}")


@fixture
def monkeypatch():
    patches = MonkeyPatch()
    yield patches
    patches.undo()


BUILTIN_FIXTURES = {"capsys": capsys, "monkeypatch": monkeypatch}
