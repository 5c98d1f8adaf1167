import weakref


class Widget:
    def __init__(self, label):
        self.label = label


class Registry:
    def __init__(self):
        self.entries = {}

    def add(self, item):
        self.entries[id(item)] = item
        return id(item)


def identity_of_list(values: list[int]) -> int:
    return id(list(values))


def object_text(label: str) -> str:
    return f"{label}: {Widget(label)}"


def function_text(value: int) -> str:
    def inner():
        return value
    return str(inner)


def sort_by_identity(values: list[str]) -> list[str]:
    widgets = [Widget(value) for value in values + ["a", "b", "c", "d", "e"]]
    return [widget.label for widget in sorted(widgets, key=id)]


def identity_parity(value: int) -> bool:
    return id([value]) // 16 % 2 == 0


def register(label: str) -> int:
    return Registry().add(Widget(label))


def hex_address(text: str) -> str:
    return hex(id(text + "suffix"))


def is_allocated_later(value: int) -> bool:
    first, second = Widget(value), Widget(value)
    return id(first) < id(second)


def object_hash(value: int) -> int:
    return hash(object()) % 1000 + value


def method_text(label: str) -> str:
    return repr(Widget(label).__init__)


def lambda_name(value: int) -> str:
    return f"{value}:{(lambda: value)!r}"


def default_repr_length(values: list[int]) -> list[str]:
    return [repr(Widget(value))[-5:] for value in values + [1]]


def bucket_by_identity(values: list[int]) -> list[int]:
    widgets = [Widget(value) for value in values + [1, 2, 3]]
    return [id(widget) // 8 % 7 for widget in widgets]


def error_with_object(value: int) -> str:
    try:
        raise ValueError(f"cannot use {Widget(value)}")
    except ValueError as error:
        return str(error)


def weak_reference_text(label: str) -> str:
    widget = Widget(label)
    return f"{label}: {weakref.ref(widget)}"
