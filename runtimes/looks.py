"""Notices who looks at a hash or an identity as at a number.

Hashes and identities differ from run to run. Most of what they decide shows in a few runs; what one run in hundreds shows does not:
`hash(text) % 200 == 7`. So they are numbers of a class of its own here, and so is what is computed of them. Whether two of
them are equal, or using one as a key, an index or a hash, is what they are for; comparing one with a number is noticed, and so is
asking whether it is zero, or which of two is the lower one. That one is lower than a number shows often enough without this: an
index has to be lower than a length.
"""

import builtins

real_hash = builtins.hash
LARGEST = 2**31 - 1
SMALLEST = -LARGEST - 1
PLAIN = (int, bool, float, complex)  # the language defines their hashes


class Looks:
    """What was seen in this job."""

    is_noticed = False


class Number(int):
    """A hash or an identity, or what is computed of one."""

    __slots__ = ()
    __hash__ = int.__hash__

    def __eq__(self, other):
        if type(other) in PLAIN:
            Looks.is_noticed = True
        return int.__eq__(self, other)

    def __ne__(self, other):
        if type(other) in PLAIN:
            Looks.is_noticed = True
        return int.__ne__(self, other)

    def __lt__(self, other):
        if type(other) is Number:
            Looks.is_noticed = True
        return int.__lt__(self, other)

    def __gt__(self, other):
        if type(other) is Number:
            Looks.is_noticed = True
        return int.__gt__(self, other)

    def __bool__(self):
        Looks.is_noticed = True
        return int.__bool__(self)

    def __divmod__(self, other):
        return self // other, self % other


def computing(name):
    """An operation of integers that gives numbers of the class."""
    operation = getattr(int, name)

    def compute(*numbers):
        found = operation(*numbers)
        return Number(found) if type(found) is int else found

    compute.__name__ = compute.__qualname__ = name
    return compute


for _name in "add sub mul floordiv mod and or xor lshift rshift".split():
    setattr(Number, f"__{_name}__", computing(f"__{_name}__"))
    setattr(Number, f"__r{_name}__", computing(f"__r{_name}__"))
for _name in "neg pos abs invert".split():
    setattr(Number, f"__{_name}__", computing(f"__{_name}__"))
Number.__name__ = Number.__qualname__ = "int"
Number.__module__ = "builtins"


class Given:
    """Has a hash that is known already."""

    def __init__(self, found):
        self.found = found

    def __hash__(self):
        return self.found


def hash(value, /):
    """The hash of a value; a class of the program's own may define one that is no secret."""
    kind = type(value)
    if kind in PLAIN:
        return real_hash(value)
    own = kind.__hash__
    if type(own) is not type(hash):
        return Number(real_hash(value))
    found = own(value)
    # The second snapshot takes integers of 64 bits for sizes, and the interpreter would cut this one to the largest of its own.
    is_wide = isinstance(found, int) and not SMALLEST <= found <= LARGEST
    hashed = real_hash(int.__pos__(found) if is_wide else Given(found))
    return Number(hashed) if type(found) is Number else hashed


hash.__qualname__ = "hash"


def install(module):
    """Puts it in place of what the module of the builtins has."""
    real_id = module.id

    def id(value, /):
        """The identity of a value."""
        return Number(real_id(value))

    id.__qualname__ = "id"
    module.hash, module.id = hash, id


def take_noticed():
    """Whether any look was noticed since this was last asked."""
    noticed, Looks.is_noticed = Looks.is_noticed, False
    return noticed
