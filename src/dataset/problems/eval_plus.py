_tgsand_case = []  # what a failure shows: the call, the expected result and the result


def _check_by_reference(candidate, source, entry, inputs, atol, oracle):
    """Calls an answer and the reference with the same inputs and compares as EvalPlus does."""
    import copy
    import math

    def are_floats(value):
        if type(value) in (list, tuple):
            return all(isinstance(item, float) for item in value)
        return isinstance(value, float)

    def are_near(got, expected, tolerance):
        if type(expected) in (list, tuple):
            return (
                type(got) is type(expected)
                and len(got) == len(expected)
                and all(are_near(a, b, tolerance) for a, b in zip(got, expected))
            )
        if got == expected:
            return True
        numbers = (int, float, complex)
        if not isinstance(got, numbers) or not isinstance(expected, numbers):
            return False
        return abs(got - expected) <= tolerance + 1e-7 * abs(expected)

    def pyramid_surface(base, height):
        """The surface of a square pyramid that stands upright, rounded."""
        slant = math.hypot(base / 2, height)
        return round(base**2 + 2 * base * slant)

    def digit_distance(first, second):
        width = max(len(str(first)), len(str(second)))
        pairs = zip(str(first).zfill(width), str(second).zfill(width))
        return sum(abs(int(a) - int(b)) for a, b in pairs)

    def is_also_right(got, arguments):
        """Whether the task's wording allows a result that is not the reference's."""
        match oracle:
            case "anything":
                return True
            case "zero":
                return got == 0
            case "pyramid":
                return abs(got - pyramid_surface(*arguments)) <= atol
            case "digits":
                return got == digit_distance(*arguments)
        return False

    def is_right(got, expected, arguments):
        if oracle == "root":
            return abs(sum(c * got**power for power, c in enumerate(arguments[0]))) <= atol
        if oracle == "set":
            return set(got) == set(expected)
        if oracle == "found":
            return (got if isinstance(got, bool) else got is not None) == (expected is not None)
        if got == expected or is_also_right(got, arguments):
            return True
        tolerance = 1e-6 if atol == 0 and are_floats(expected) else atol
        return tolerance != 0 and are_near(got, expected, tolerance)

    space = {"__name__": "reference"}
    exec(compile(source, "reference.py", "exec", dont_inherit=True), space)
    for arguments in inputs:
        _tgsand_case[:] = [entry, arguments]
        expected = space[entry](*copy.deepcopy(arguments))
        _tgsand_case.append(expected)
        got = candidate(*copy.deepcopy(arguments))
        _tgsand_case.append(got)
        if not is_right(got, expected, arguments):
            shown = ", ".join(map(repr, arguments))
            raise AssertionError(f"{entry}({shown}) gives {got!r}, the reference {expected!r}")
