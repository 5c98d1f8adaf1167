import copy


class Widget:
    def __init__(self, label):
        self.label = label

    def __repr__(self):
        return f"Widget({self.label!r})"


class Registry:
    def __init__(self):
        self.entries = {}

    def add(self, item):
        return self.entries.setdefault(id(item), len(self.entries))


def same_object(values: list[int]) -> bool:
    alias = values
    return id(alias) == id(values)


def is_copied(values: list[int]) -> bool:
    return copy.copy(values) is not values


def widget_text(label: str) -> str:
    return repr(Widget(label))


def numbers_of_objects(labels: list[str]) -> list[int]:
    registry, widgets = Registry(), [Widget(label) for label in labels]
    return [registry.add(widget) for widget in widgets + widgets]


def shared_parts(values: list[int]) -> bool:
    rows = [values] * 3
    return len({id(row) for row in rows}) == 1


def distinct_copies(values: list[int]) -> int:
    copies = [list(values) for _ in range(4)]
    return len({id(found) for found in copies})


def has_cycle(length: int) -> bool:
    nodes = [[] for _ in range(abs(length) % 10 + 1)]
    for left, right in zip(nodes, nodes[1:] + nodes[:1]):
        left.append(right)
    seen, node = set(), nodes[0]
    while id(node) not in seen:
        seen.add(id(node))
        node = node[0]
    return node is nodes[0]


def deep_copy_keeps_sharing(values: list[int]) -> bool:
    first, second = copy.deepcopy([values, values])
    return first is second


def is_none(text: str) -> bool:
    found = {"a": 1}.get(text)
    return found is None


def identity_is_int(value: int) -> list[str]:
    return [type(id(value)).__name__, str(value)]


def sentinel_default(values: list[int]) -> int | None:
    missing = object()
    found = next((value for value in values if value > 10), missing)
    return None if found is missing else found


def index_by_identity(labels: list[str]) -> list[str]:
    widgets = [Widget(label) for label in labels]
    by_id = {id(widget): widget.label for widget in widgets}
    return [by_id[id(widget)] for widget in reversed(widgets)]


def replaced_in_place(values: list[int]) -> bool:
    before = id(values)
    values += [1]
    return id(values) == before


def address_shape(label: str) -> bool:
    return " object at 0x" in object.__repr__(Widget(label))


def function_name(value: int) -> str:
    def inner():
        return value
    return f"{inner.__name__}:{inner()}"
