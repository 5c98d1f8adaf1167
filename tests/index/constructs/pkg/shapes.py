# Every way to define a function that the grammar has.
import asyncio
import functools
from functools import (  # a comment in the list
    lru_cache as cached,
)


def plain(a, b=1, *args, c, d: int = 2, **kwargs) -> "str":
    '''Reads.

        indented

    \ttabbed
    '''
    return str((a, b, args, c, d, kwargs))


async def waits(first, /, second, *, third=None):
    """---
    A rule first.
    """
    async with second as x: await x; return [y async for y in third]


@cached(
    maxsize=None,
)
# a comment between decorator and function

@functools.wraps(plain)
def decorated(x): return x; 


class Outer:
    "A docstring with" " two parts"

    limit: int = 3

    class Inner(Exception):
        def method(self):
            def nested():
                async def deeper(): ...
                return deeper
            return nested

    @property
    def value(self): r"""raw \d"""; return self._value

    @value.setter
    def value(self, new):
        self._value = new

    @staticmethod
    def make(x):
        f"not a docstring {x}"
        return x

    if limit:
        def conditional(self): return 1
    else:
        def conditional(self): return 2


if __name__ == "__main__":
    def in_block():
        b"no docstring"
    try:
        def in_try(): pass
    except ValueError:
        def in_except(): pass
    finally:
        def in_finally(): pass
    for _ in []:
        def in_loop(): pass
    while False:
        def in_while(): pass
    with open(__file__) as f:
        def in_with(): pass
    match f:
        case None:
            def in_match(): pass


def two_of_one_name(): return 1
def two_of_one_name(): return 2


def ends_with_a_string():
    return """
    text
    """


def ends_with_a_call():
    return plain(
        1,
        c=2,
    )  # and a comment


def \
    continued(
        a,
    ): \
        return a
