"""Runs the tests of a script with their cases and fixtures."""


class Request:
    def __init__(self, test, stack, param):
        self.test, self.stack = test, stack
        if param:
            self.param = param[0]

    def addfinalizer(self, finalizer):
        self.stack.callback(finalizer)

    def getfixturevalue(self, argname):
        return self.test.value(argname)

    def __getattr__(self, name):
        raise unavailable(f"request.{name}")


class Scope:
    """The values of fixtures that live as long as this does."""

    def __init__(self, stack):
        self.stack, self.values = stack, {}


def parameters_of(function):
    """The names that a function asks for; what `mock.patch` fills in is none."""
    found = [
        parameter.name
        for parameter in inspect.signature(function).parameters.values()
        if parameter.default is parameter.empty and parameter.kind in (parameter.POSITIONAL_OR_KEYWORD, parameter.KEYWORD_ONLY)
    ]
    mock = sys.modules.get("unittest.mock")
    patched = [one for one in getattr(function, "patchings", ()) if not one.attribute_name and one.new is mock.DEFAULT]
    return found[len(patched) :]


def finished(result):
    """What a test or a fixture gives, once it is run if it is asynchronous."""
    return importlib.import_module("asyncio").run(result) if inspect.iscoroutine(result) else result


class Test:
    """One case of a test: its fixtures, and the values that they get."""

    def __init__(self, fixtures, instance, scopes, given, params):
        self.fixtures, self.instance, self.scopes, self.given, self.params = fixtures, instance, scopes, given, params

    def value(self, name):
        if name in self.given:
            return self.given[name]
        if name not in self.fixtures:
            raise unavailable(f"fixture {name!r}")
        found, owner = self.fixtures[name]
        scope = self.scopes.get(found.scope) or self.scopes["module"]
        key = (name, repr(self.params.get(name)))
        if key not in scope.values:
            scope.values[key] = self.set_up(found, owner, scope.stack)
        return scope.values[key]

    def set_up(self, found, owner, stack):
        function = found.function if owner is None else types.MethodType(found.function, self.instance)
        request = Request(self, stack, self.params.get(found.name))
        values = {name: request if name == "request" else self.value(name) for name in parameters_of(function)}
        if inspect.isasyncgenfunction(function):
            raise unavailable("an asynchronous fixture that yields")
        if not inspect.isgeneratorfunction(function):
            return finished(function(**values))
        begun = function(**values)
        value = next(begun)
        stack.callback(next, begun, None)
        return value


def closure(names, fixtures):
    """The names of all fixtures that these need, each once."""
    found = []

    def visit(name):
        if name not in found:
            found.append(name)
            for needed in parameters_of(fixtures[name][0].function) if name in fixtures else ():
                visit(needed)

    for name in names:
        visit(name)
    return found


def values_of(names, values):
    """The values of one case by their names, and the marks of the case."""
    marks = values.marks if isinstance(values, Case) else []
    values = values.values if isinstance(values, Case) else (values,) if len(names) == 1 else tuple(values)
    if len(values) != len(names):
        raise ValueError(f"pytest.mark.parametrize: {len(names)} names, but {len(values)} values: {values!r}")
    return dict(zip(names, values)), marks


def cases_of(marks, used, fixtures):
    """All cases of a test: values given to it, values given to its fixtures, and marks."""
    cases = [({}, {}, [])]
    for found in marks:
        if found.name != "parametrize":
            continue
        names, indirect = found.argument(0, "argnames"), found.argument(2, "indirect", False)
        names = [name.strip() for name in names.split(",") if name.strip()] if isinstance(names, str) else list(names)
        through = (names if indirect else []) if isinstance(indirect, bool) else indirect
        more = []
        for values, case_marks in [values_of(names, values) for values in found.argument(1, "argvalues")]:
            direct = {name: value for name, value in values.items() if name not in through}
            by_fixture = {name: (value,) for name, value in values.items() if name in through}
            more.append((direct, by_fixture, case_marks))
        cases = [({**a, **d}, {**b, **e}, c + f) for a, b, c in cases for d, e, f in more]
    for name in used:
        params = fixtures[name][0].params if name in fixtures else None
        if params is not None and not any(name in direct or name in by_fixture for direct, by_fixture, _ in cases):
            cases = [(direct, {**by_fixture, name: (value,)}, marks) for direct, by_fixture, marks in cases for value in params]
    return cases


class Session:
    def __init__(self, space, stack):
        self.space, self.stack, self.ran = space, stack, 0
        self.fixtures = {name: (found, None) for name, found in BUILTIN_FIXTURES.items()}
        self.add_fixtures(space, None)
        self.module = Scope(stack)

    def add_fixtures(self, space, owner):
        found = [one for one in space.values() if isinstance(one, Fixture)]
        self.fixtures = {**self.fixtures, **{one.name: (one, owner) for one in found}}

    def holds(self, found):
        """Whether the condition of a mark is true."""
        conditions = [*found.args, *([found.kwargs["condition"]] if "condition" in found.kwargs else [])]
        names = {"sys": sys, "os": importlib.import_module("os"), **self.space}
        return not conditions or any(eval(one, names) if isinstance(one, str) else one for one in conditions)

    def run_function(self, function, owner, get_instance, outer_marks, classwide):
        marks = [*own_marks(getattr(function, "__dict__", {})), *outer_marks]
        named = [name for found in marks if found.name == "usefixtures" for name in found.args]
        automatic = [name for name, (found, _) in self.fixtures.items() if found.autouse]
        first = [*automatic, *named]
        asked = parameters_of(function if owner is None else types.MethodType(function, owner))
        for given, params, case_marks in cases_of(marks, closure([*first, *asked], self.fixtures), self.fixtures):
            all_marks = [*marks, *case_marks]
            expected = [found for found in all_marks if found.name == "xfail" and self.holds(found)]
            strict = any(found.kwargs.get("strict") and found.kwargs.get("run", True) for found in expected)
            skipped = any(found.name in ("skip", "skipif") and (found.name == "skip" or self.holds(found)) for found in all_marks)
            if skipped or expected and not strict:
                continue
            try:
                self.run_case(function, get_instance(), given, params, first, asked, classwide)
            except (Exception, Failed):
                if not strict:
                    raise
            else:
                if strict:
                    fail("a test passes that is expected to fail")
                self.ran += 1

    def run_case(self, function, instance, given, params, first, asked, classwide):
        with contextlib.ExitStack() as stack:
            of_test = Scope(stack)
            scopes = {"function": of_test, "class": classwide or of_test, "module": self.module}
            test = Test(self.fixtures, instance, scopes, given, params)
            method = function if instance is None else types.MethodType(function, instance)
            for name in first:
                test.value(name)
            owner, kind = (self.space, "function") if instance is None else (instance, "method")
            call_hook(owner, f"setup_{kind}", method)
            stack.callback(call_hook, owner, f"teardown_{kind}", method)
            finished(method(**{name: test.value(name) for name in asked}))

    def run_class(self, found, outer_marks):
        before = self.fixtures
        for kind in reversed(found.__mro__):
            self.add_fixtures(vars(kind), found)
        marks = [*outer_marks, *(mark for kind in found.__mro__ for mark in own_marks(vars(kind)))]
        names = dict.fromkeys(name for kind in reversed(found.__mro__) for name in vars(kind) if name.startswith("test"))
        with contextlib.ExitStack() as stack:
            call_hook(found, "setup_class")
            stack.callback(call_hook, found, "teardown_class")
            classwide = Scope(stack)
            for name in names:
                method = inspect.getattr_static(found, name)
                if isinstance(method, staticmethod):
                    self.run_function(method.__func__, None, lambda: None, marks, classwide)
                elif inspect.isfunction(method):
                    self.run_function(method, found, found, marks, classwide)
        self.fixtures = before


def call_hook(owner, name, *arguments):
    """Calls what a module, a class or an object defines to be called before or after a test."""
    hook = owner.get(name) if isinstance(owner, dict) else getattr(owner, name, None)
    if hook is not None:
        hook(*arguments[: len(inspect.signature(hook).parameters)])


def _run(space, functions, classes):
    """Runs these tests; raises what the first one raises that fails."""
    try:
        with contextlib.ExitStack() as stack:
            session = Session(space, stack)
            marks = own_marks(space)
            call_hook(space, "setup_module", types.SimpleNamespace(**space))
            stack.callback(call_hook, space, "teardown_module", types.SimpleNamespace(**space))
            for function in functions:
                session.run_function(function, None, lambda: None, marks, None)
            for found in classes:
                session.run_class(found, marks)
    except Outcome as outcome:
        raise AssertionError(str(outcome)) from None
    if not session.ran:
        raise AssertionError("no test was run")
