import inspect
import sys
import traceback
import warnings


class Tree:
    def __init__(self, value, children):
        self.value, self.children = value, children

    def depth(self):
        return 1 + max((child.depth() for child in self.children), default=0)


def own_name(message: str) -> str:
    return f"{sys._getframe().f_code.co_name}: {message}"


def inner_caller(message: str) -> str:
    def caller():
        return sys._getframe(1).f_code.co_name
    return f"{caller()}: {message}"


def relative_depth(levels: int) -> int:
    start = len(inspect.stack())

    def descend(left):
        return len(inspect.stack()) - start if left == 0 else descend(left - 1)
    return descend(abs(levels) % 5)


def error_line(value: int) -> str:
    try:
        return str([10, 20, 30][value % 5])
    except IndexError as error:
        return traceback.format_exception_only(error)[0]


def error_name(text: str) -> str:
    try:
        return str(int(text))
    except ValueError as error:
        return type(error).__name__


def recursion_is_limited(value: int) -> list[str]:
    def descend():
        return descend() + 1
    try:
        return [str(descend())]
    except RecursionError as error:
        return [type(error).__name__, str(value)]


def shallow_recursion(number: int) -> int:
    def total(left):
        return 0 if left == 0 else left + total(left - 1)
    return total(abs(number) % 50)


def tree_depth(values: list[int]) -> int:
    tree = Tree(0, [])
    for value in values[:20]:
        tree = Tree(value, [tree])
    return tree.depth()


def warning_text(message: str) -> str:
    with warnings.catch_warnings(record=True) as caught:
        warnings.simplefilter("always")
        warnings.warn(message, UserWarning)
    return f"{caught[0].category.__name__}: {caught[0].message}"


def parameter_names(value: int) -> list[str]:
    def template(first, second=2, *rest, third=value):
        return first, second, rest, third
    return [f"{name}={parameter.default}" for name, parameter in inspect.signature(template).parameters.items()
            if parameter.default is not parameter.empty]


def locals_of_frame(value: int) -> dict[str, int]:
    doubled = value * 2
    found = inspect.currentframe().f_locals
    return {name: found[name] for name in ("doubled", "value")}


def inner_frames(levels: int) -> list[str]:
    def descend(left):
        if left == 0:
            raise LookupError("bottom")
        descend(left - 1)
    try:
        descend(abs(levels) % 4)
    except LookupError as error:
        return [frame.name for frame in traceback.extract_tb(error.__traceback__)][1:]
    return []


def chained_cause(text: str) -> str:
    try:
        try:
            raise KeyError(text)
        except KeyError as error:
            raise RuntimeError("outer") from error
    except RuntimeError as error:
        return f"{error} because of {error.__cause__}"


def line_distance(value: int) -> int:
    first = inspect.currentframe().f_lineno
    second = inspect.currentframe().f_lineno
    return second - first + value


def is_generator_frame(count: int) -> list[int]:
    def numbers():
        for number in range(abs(count) % 6):
            yield number if sys._getframe().f_code.co_name == "numbers" else -1
    return list(numbers())
