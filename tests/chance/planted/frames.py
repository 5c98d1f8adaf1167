import inspect
import io
import logging
import sys
import traceback
import warnings


def stack_depth(offset: int) -> int:
    return len(inspect.stack()) + offset


def caller_name(message: str) -> str:
    return f"{inspect.stack()[1].function}: {message}"


def direct_caller(message: str) -> str:
    return f"{sys._getframe(1).f_code.co_name}: {message}"


def caller_line(offset: int) -> int:
    return inspect.currentframe().f_back.f_lineno + offset


def stack_text(tag: str) -> list[str]:
    return [tag, *traceback.format_stack()]


def error_text(value: int) -> str:
    try:
        return str(value // 0)
    except ZeroDivisionError:
        return traceback.format_exc()


def deepest_call(step: int) -> int:
    def descend(depth):
        try:
            return descend(depth + 1)
        except RecursionError:
            return depth
    return descend(0) + step


def warning_place(message: str) -> str:
    with warnings.catch_warnings(record=True) as caught:
        warnings.simplefilter("always")
        warnings.warn(message or "odd", stacklevel=2)
    return f"{caught[0].filename}:{caught[0].lineno}"


def code_file(value: int) -> str:
    return f"{(lambda: value).__code__.co_filename}:{value}"


def log_place(message: str) -> str:
    stream = io.StringIO()
    handler = logging.StreamHandler(stream)
    handler.setFormatter(logging.Formatter("%(pathname)s %(message)s"))
    logger = logging.Logger("app")
    logger.addHandler(handler)
    logger.warning("%s", message)
    return stream.getvalue()


def frames_left(needed: int) -> int:
    return sys.getrecursionlimit() - len(inspect.stack()) - needed


def outermost(tag: str) -> str:
    frame = sys._getframe()
    while frame.f_back is not None:
        frame = frame.f_back
    return f"{tag}:{frame.f_code.co_name}"


def first_frame(tag: str) -> str:
    return f"{tag}:{traceback.extract_stack()[0].filename}"


def call_chain(tag: str) -> str:
    return " > ".join([frame.function for frame in inspect.getouterframes(inspect.currentframe())] + [tag])


def survives_depth(extra: int) -> int:
    def nested(depth):
        return [] if depth == 0 else [nested(depth - 1)]
    low, high = 1, 5000
    while low < high:
        middle = (low + high + 1) // 2
        try:
            nested(middle)
            low = middle
        except RecursionError:
            high = middle - 1
    return low + extra % 2
