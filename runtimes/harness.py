"""The guest's side of the sandbox: started once, frozen into the snapshot, entered afresh for every job.

It reads one request from the channel, runs the program, and answers with one message a case. It trusts nothing the
program can change: every name it uses later is bound before the program runs, its builtins are a copy, and results are
encoded by exact type without calling into the program.
"""

import builtins
import sys

FRESH = frozenset(sys.modules)  # what an interpreter that has just started has loaded
__builtins__ = dict(vars(builtins))  # functions defined below keep these, whatever a program does to the module

import asyncio
import dis
import enum
import gc
import json
import linecache
import marshal
import os
import sysconfig
import time
import types

PRELOADED = """abc argparse array ast base64 binascii bisect calendar cmath collections collections.abc contextlib copy csv
ctypes dataclasses datetime decimal difflib doctest enum fractions functools hashlib heapq html inspect io itertools json
keyword linecache locale logging math numbers operator pathlib pickle pprint queue random re secrets selectors
shlex statistics string struct subprocess sysconfig tempfile textwrap threading time timeit tokenize traceback types typing unicodedata
unittest unittest.mock urllib.parse uuid warnings weakref zlib zoneinfo""".split()
for _name in PRELOADED:
    try:
        __import__(_name)
    except ImportError:
        pass  # not every build has every module; a program that wants it gets the same ImportError

REQUEST, MESSAGES = 0, 2  # the request comes before the program's stdin; messages go to stderr behind a secret
NONCE_LEN = 16
PROGRAM, MAIN = "program.py", "__main__"  # the program's file and module
MAX_NODES = 200_000
MAX_TEXT = 4_000_000
MAX_MESSAGE = 100_000  # characters of an exception's message, or of its class's name
MAX_DEPTH = 100  # levels of JSON: readers stop at 128, and a result stands some levels deep in a record
MAX_STEPS = 400
MAX_STEP_REPR = 200
MAX_YIELDS = 100_000
# What a program needs at least one of to draw from the generator of `random`, even if it hides the name.
TO_RANDOM = ("andom", "statistics", "__import__", "import_module", "modules", "exec", "eval", "getattr", "__dict__", "vars")

_operator = __import__("operator")


def special_methods():
    """What calls the special methods that have a result, by their names."""
    found = {"__%s__" % name: getattr(builtins, name) for name in
             "abs bool bytes complex divmod float format int len next repr round str".split()}
    found["__iter__"] = list
    found["__call__"] = lambda this, /, *args, **kwargs: this(*args, **kwargs)
    for name in "neg pos invert lt le eq ne gt ge contains getitem".split():
        found["__%s__" % name] = getattr(_operator, name)
    for name in "add sub mul matmul truediv floordiv mod pow lshift rshift and or xor".split():
        function = found["__%s__" % name] = getattr(_operator, "__%s__" % name)
        found["__r%s__" % name] = lambda this, other, function=function: function(other, this)
    return found


SPECIAL, _vars, _getattr = special_methods(), vars, getattr
_read, _write = os.read, os.write
_fix_filename = __import__("_imp")._fix_co_filename
_text, _unmarshal, _marshal = json.encoder.encode_basestring_ascii, marshal.loads, marshal.dumps
_int_repr, _float_repr, _join = int.__repr__, float.__repr__, "".join
_digits_limit, _set_digits_limit = sys.get_int_max_str_digits, sys.set_int_max_str_digits
_settrace, _setprofile = sys.settrace, sys.setprofile
_stdout, _stderr, _modules = sys.stdout, sys.stderr, sys.modules
_flush_stdout, _flush_stderr = _stdout.flush, _stderr.flush
_monitoring = sys.monitoring
_Enum, _deque = enum.Enum, __import__("collections").deque
_Integral = __import__("numbers").Integral
_seed_random, _random_state = __import__("random").seed, __import__("random").getstate
_checksum, _array = __import__("zlib").crc32, __import__("array").array
_mro_of = type.__dict__["__mro__"].__get__
_namespace_of = type.__dict__["__dict__"].__get__
_native, _unseeded = {"__name__": "native"}, {"__name__": "unseeded", "__builtins__": __builtins__}
_looks = {"__name__": "looks", "__builtins__": __builtins__}
exec(compile(LOOKS, "looks.py", "exec"), _looks)
exec(compile(NATIVE, "native.py", "exec"), _native)  # the texts are set by the host, above this one
exec(compile(UNSEEDED, "unseeded.py", "exec"), _unseeded)
_install_native = _native["install"]
_notice_looks, _take_noticed, _Number = _looks["install"], _looks["take_noticed"], _looks["Number"]
_begin_chance, _take_drawn = _unseeded["begin"], _unseeded["take_drawn"]
_run_exit_handlers = __import__("atexit")._run_exitfuncs
_run_async, _Module = asyncio.run, types.ModuleType
_Coroutine, _Generator, _AsyncGenerator = types.CoroutineType, types.GeneratorType, types.AsyncGeneratorType
_Code = types.CodeType
_execute, _address = exec, id
_getframe = sys._getframe
_archive_of = __import__("zipimport").zipimporter
_ADDRESS = __import__("re").compile(r" at 0x[0-9a-f]+(?=>)")  # says where an object is, which differs from run to run
_object_repr, _Cached = object.__repr__, __import__("functools").cached_property


def state_of(value, kind):
    """An object's attributes with their names, without those that hold what a property has worked out."""
    bases = [_namespace_of(base) for base in _mro_of(kind)]
    return tuple(
        (name, part) for name, part in dict.items(value.__dict__)
        if not any(type(base.get(name)) is _Cached for base in bases)
    )


def is_whole(value):
    """Whether a number of another class is one of Python's for whoever reads it or compares it: `sympy.Integer(5)`."""
    number = int(value)
    return type(number) is int and repr(value) == _int_repr(number) and (value == number) is True


class TooLarge(Exception):
    """The result has more parts or text than is passed on."""


def slot(kind, name):
    return kind.__dict__[name].__get__


def library_classes():
    """For the standard library's classes, by identity: the name, and what makes a value of exactly that class."""
    import collections
    import decimal
    import fractions

    items, entries, views = dict.items, collections.OrderedDict.items, {}
    numerator, denominator = slot(fractions.Fraction, "_numerator"), slot(fractions.Fraction, "_denominator")
    make = {
        collections.Counter: ("collections.Counter", "dict", items),
        collections.defaultdict: ("collections.defaultdict", "dict", items),
        collections.OrderedDict: ("collections.OrderedDict", "dict", entries),
        _deque: ("collections.deque", "list", _deque.__iter__),
        range: ("range", "tuple", lambda value: (value.start, value.stop, value.step)),
        fractions.Fraction: ("fractions.Fraction", "tuple", lambda value: (numerator(value), denominator(value))),
        decimal.Decimal: ("decimal.Decimal", "str", decimal.Decimal.__str__),
        type(views.keys()): ("dict_keys", "set", type(views.keys()).__iter__),
        type(views.items()): ("dict_items", "set", type(views.items()).__iter__),
        type(views.values()): ("dict_values", "list", type(views.values()).__iter__),
    }
    return {id(kind): made for kind, made in make.items()}


# What a value of a derived class is as a value of its builtin base, without a method of the class's own.
BASES = {
    id(int): ("int", "int", int.__pos__),
    id(float): ("float", "float", float.__pos__),
    id(str): ("str", "str", str.__str__),
    id(bytes): ("bytes", "bytes", lambda value: bytes.__getitem__(value, slice(None))),
    id(list): ("list", "list", list.__iter__),
    id(tuple): ("tuple", "tuple", tuple.__iter__),
    id(set): ("set", "set", set.__iter__),
    id(frozenset): ("frozenset", "frozenset", frozenset.__iter__),
    id(dict): ("dict", "dict", dict.items),
}
LIBRARY = library_classes()


def made_of(kind):
    """How a value of a class that is not builtin is made of one that is; `None` if only the class could tell what it equals."""
    found = LIBRARY.get(id(kind))
    if found is not None:
        return found
    for base in _mro_of(kind):
        found = BASES.get(id(base))
        if found is not None:
            return found
        namespace = _namespace_of(base)
        if "__eq__" in namespace or "__ne__" in namespace or "__hash__" in namespace:
            return None
    return None


def is_literal(value):
    """Whether a value is of exact builtin types throughout; what contains itself is not."""
    left, seen = [value], 0
    while left:
        value = left.pop()
        kind = type(value)
        seen += 1
        if seen > MAX_NODES:
            return False
        if kind is dict:
            left.extend(dict.keys(value))
            left.extend(dict.values(value))
        elif kind in (list, tuple, set, frozenset):
            left.extend(value)
        elif kind not in (int, float, bool, str, bytes, type(None)):
            return False
    return True


EXCEPTIONS = {
    id(found): found.__name__
    for found in vars(builtins).values()
    if isinstance(found, type) and issubclass(found, BaseException)
}


def bases_of(kind):
    """The builtin exceptions that a class is or derives from, the nearest first."""
    return [EXCEPTIONS[id(base)] for base in _mro_of(kind) if id(base) in EXCEPTIONS]


class Encoder:
    """Turns values into JSON text with the tags of the host's `Value`."""

    __slots__ = ("nodes", "text", "depth", "needs_repr", "tells_bases")

    def __init__(self, observe=()):
        self.nodes = self.text = self.depth = 0
        self.needs_repr = False
        self.tells_bases = "value-bases" in observe

    def string(self, value):
        self.text += len(value)
        if self.text > MAX_TEXT:
            raise TooLarge
        if value.isascii():
            return _text(value)
        self.needs_repr = True
        try:
            str.encode(value, "utf-8")
        except UnicodeEncodeError:
            escaped = str.encode(value.replace("\\", "\\\\").replace("'", "\\'"), "ascii", "backslashreplace").decode("ascii")
            escaped = _join(c if " " <= c <= "~" else "\\x%02x" % ord(c) for c in escaped)
            return '{"str":' + _text(escaped) + "}"
        return _text(value)

    def plain(self, value):
        """A JSON string in any case; what is not Unicode is escaped."""
        try:
            value = str.encode(value, "utf-8", "backslashreplace").decode("utf-8")
        except BaseException:
            value = "?"
        self.text += len(value)
        if self.text > MAX_TEXT:
            raise TooLarge
        return _text(value)

    def value(self, value, above=()):
        kind = type(value)
        if kind is int:
            if -9007199254740992 < value < 9007199254740992:
                return _int_repr(value)
            return '{"int":"' + self.digits(value) + '"}'
        if kind is str:
            return self.string(value)
        if value is None:
            return "null"
        if kind is bool:
            return "true" if value else "false"
        if kind is float:
            if value - value == 0.0:
                return _float_repr(value)
            self.needs_repr = True
            return '{"float":"' + _float_repr(value) + '"}'
        self.nodes += 1
        if self.nodes > MAX_NODES:
            raise TooLarge
        if kind is list:
            return self.container("[", value, above, "]")
        if kind is tuple:
            return self.container('{"tuple":[', value, above, "]}")
        if kind is dict:
            return self.dict(value, above)
        if kind is set:
            return self.container('{"set":[', value, above, "]}", True)
        if kind is frozenset:
            return self.container('{"frozenset":[', value, above, "]}", True)
        self.needs_repr = True
        if kind is bytes:
            self.text += len(value)
            return '{"bytes":"' + value.hex() + '"}'
        if kind is bytearray:
            self.text += len(value)
            return '{"bytearray":"' + bytes(value).hex() + '"}'
        if kind is _Number:
            return self.value(int.__pos__(value))
        if kind is complex:
            return '{"complex":[' + self.value(value.real) + "," + self.value(value.imag) + "]}"
        return self.object(value, kind, above)

    def digits(self, value):
        limit = _digits_limit()
        _set_digits_limit(0)
        try:
            if value.bit_length() > 4 * MAX_TEXT // 2:
                raise TooLarge
            digits = _int_repr(value)
        finally:
            _set_digits_limit(limit)
        self.text += len(digits)
        return digits

    def container(self, opening, value, above, closing, unordered=False):
        key = id(value)
        if key in above:
            return self.cycle(key, above)
        self.nodes += len(value)
        if self.nodes > MAX_NODES:
            raise TooLarge
        levels = len(opening) // 8 + 1  # a tag is a level of its own
        if self.depth + levels > MAX_DEPTH:
            return self.deep(value, type(value))
        above = (*above, key)
        self.depth += levels
        items = [self.value(item, above) for item in value]
        self.depth -= levels
        if unordered:
            items.sort()
        return opening + ",".join(items) + closing

    def dict(self, value, above):
        key = id(value)
        if key in above:
            return self.cycle(key, above)
        self.nodes += 2 * len(value)
        if self.nodes > MAX_NODES:
            raise TooLarge
        if self.depth + 3 > MAX_DEPTH:
            return self.deep(value, dict)
        above = (*above, key)
        self.depth += 3
        items = ["[" + self.value(k, above) + "," + self.value(v, above) + "]" for k, v in dict.items(value)]
        self.depth -= 3
        return '{"dict":[' + ",".join(items) + "]}"

    def cycle(self, key, above):
        self.needs_repr = True
        return '{"cycle":%d}' % (len(above) - above.index(key))

    def object(self, value, kind, above):
        if id(value) in above:
            return self.cycle(id(value), above)
        if self.depth + 3 > MAX_DEPTH:
            return self.opaque(value, kind)
        above = (*above, id(value))
        depth = self.depth
        self.depth += 3
        try:
            made = made_of(kind) if self.tells_bases else None
            if made is not None:
                text = self.derived(value, made, above)
                self.depth = depth
                return text
            if isinstance(value, _Enum):
                fields = (("name", value._name_), ("value", value._value_))
            elif isinstance(value, tuple) and hasattr(kind, "_fields"):
                fields = tuple(zip(kind._fields, tuple.__iter__(value)))
            elif hasattr(kind, "__dataclass_fields__"):
                fields = tuple((name, getattr(value, name, None)) for name in kind.__dataclass_fields__)
            elif isinstance(value, _deque):
                fields = (("items", list(value)),)
            elif isinstance(value, dict):
                fields = (("items", dict(dict.items(value))),)
            elif isinstance(value, (list, tuple, set, frozenset)):
                base = next(b for b in (list, tuple, set, frozenset) if isinstance(value, b))
                fields = (("items", base(base.__iter__(value))),)
            elif kind.__repr__ is _object_repr and isinstance(getattr(value, "__dict__", None), dict):
                fields = state_of(value, kind)
            elif isinstance(value, _Integral) and not isinstance(value, int) and is_whole(value):
                return self.value(int(value))
            else:
                return self.opaque(value, kind)
            parts = ["[" + self.plain(str(k)) + "," + self.value(v, above) + "]" for k, v in fields]
        except (TooLarge, MemoryError):
            raise
        except Exception:
            self.depth = depth
            return self.opaque(value, kind)
        self.depth = depth
        return '{"object":' + self.plain(kind.__name__) + ',"fields":[' + ",".join(parts) + "]}"

    def derived(self, value, made, above):
        """A value as one of a builtin class, with the name of the class that decides what it equals."""
        name, base, parts = made
        parts = parts(value)
        if base == "list":
            body = self.value(list(parts), above)
        elif base == "tuple":
            body = self.value(tuple(parts), above)
        elif base in ("set", "frozenset"):
            body = self.container('{"%s":[' % base, list(parts), above, "]}", True)
        elif base == "dict":
            entries = [*parts]
            self.nodes += 2 * len(entries)
            if self.nodes > MAX_NODES:
                raise TooLarge
            rows = ["[" + self.value(k, above) + "," + self.value(v, above) + "]" for k, v in entries]
            body = '{"dict":[' + ",".join(rows) + "]}"
        else:
            body = self.value(parts, above)
        return '{"derived":"' + name + '","from":' + body + "}"

    def deep(self, value, kind):
        """A container that is too deep for JSON: as its literal, if it has one and it is asked for."""
        self.needs_repr = True
        if self.tells_bases and type(value) is kind and is_literal(value):
            return '{"derived":"literal","from":' + self.plain(self.repr(value)) + "}"
        return self.opaque(value, kind)

    def opaque(self, value, kind):
        self.needs_repr = True
        return '{"opaque":' + self.plain(kind.__name__) + ',"repr":' + self.plain(self.repr(value)) + "}"

    def repr(self, value):
        try:
            text = repr(value)
            return text if type(text) is str else "<unrepresentable>"
        except (TooLarge, MemoryError):
            raise
        except Exception as error:
            return "<unrepresentable: %s>" % type(error).__name__


BUILTINS = frozenset(__builtins__)  # a program's own `MemoryError` is not the interpreter's


def error_name(kind):
    """The name of an exception's class, with its module if it is not the program's own."""
    module, name = getattr(kind, "__module__", None), kind.__qualname__
    if module not in ("builtins", MAIN, None) or module != "builtins" and name in BUILTINS:
        name = "%s.%s" % (module, name)
    return str.__getitem__(name, slice(MAX_MESSAGE))


def raised(error, observe=()):
    """Describes an exception by type, message and the program's line it came from."""
    kind = type(error)
    bases = bases_of(kind) if "error-bases" in observe else ()
    name = error_name(kind)
    line, trace = None, error.__traceback__
    while trace is not None:
        if trace.tb_frame.f_code.co_filename == PROGRAM:
            line = trace.tb_lineno
        trace = trace.tb_next
    if line is None and isinstance(error, SyntaxError) and error.filename == PROGRAM:
        line = error.lineno
    error.__traceback__ = None  # `__str__` is the program's own: it shall not see our frames
    try:
        message = str(error)
        if type(message) is not str:
            message = ""
    except MemoryError:
        raise
    except BaseException:
        message = "<unprintable>"
    encoder = Encoder()
    body = '"type":' + encoder.plain(name) + ',"message":' + encoder.plain(message[:MAX_MESSAGE])
    if bases:
        body += ',"bases":["' + '","'.join(bases) + '"]'
    return body + (',"line":%d' % line if line else "")


def codes_of(code):
    """All code objects of a program, its own first."""
    found = [code]
    for constant in code.co_consts:
        if type(constant) is _Code:
            found.extend(codes_of(constant))
    return found


class Coverage:
    """Lines and branch sides that a case runs, by `sys.monitoring` on the program's functions alone."""

    def __init__(self, program):
        events = _monitoring.events
        self.tool = _monitoring.COVERAGE_ID
        self.sides = {}
        self.table = []
        self.lines = set()
        self.hits = set()
        _monitoring.use_tool_id(self.tool, "tgsand")
        split = hasattr(events, "BRANCH_LEFT")
        wanted = events.LINE | (events.BRANCH_LEFT | events.BRANCH_RIGHT if split else events.BRANCH)
        self.all_lines = set()
        for code in codes_of(program)[1:]:
            if code.co_name == "__annotate__":
                # Made for annotations; no call of the program's functions gets there.
                continue
            line_of = {}
            for start, end, line in code.co_lines():
                for offset in range(start, end, 2):
                    line_of[offset] = line
                if line:
                    self.all_lines.add(line)
            for source, left, right in branches_of(code):
                number = 2 * len(self.table)
                self.table.append((line_of.get(source) or 0, line_of.get(left) or 0, line_of.get(right) or 0))
                self.sides[code, source, left] = number
                self.sides[code, source, right] = number + 1
            _monitoring.set_local_events(self.tool, code, wanted)
        _monitoring.register_callback(self.tool, events.LINE, self.line)
        for event in (events.BRANCH_LEFT, events.BRANCH_RIGHT) if split else (events.BRANCH,):
            _monitoring.register_callback(self.tool, event, self.branch)

    def line(self, _code, line):
        self.lines.add(line)
        return _monitoring.DISABLE

    def branch(self, code, source, target):
        side = self.sides.get((code, source, target))
        if side is not None:
            self.hits.add(side)
        return _monitoring.DISABLE if hasattr(_monitoring.events, "BRANCH_LEFT") else None

    def begin(self):
        self.lines.clear()
        self.hits.clear()
        _monitoring.restart_events()

    def describe(self):
        rows = ",".join("[%d,%d,%d]" % row for row in self.table)
        return ',"lines":%s,"branches":[%s]' % (sorted(self.all_lines), rows)

    def report(self):
        return ',"coverage":{"lines":%s,"branches":%s}' % (sorted(self.lines), sorted(self.hits))


def branches_of(code):
    """The (source, left, right) offsets of every two-way branch of a code object."""
    if hasattr(code, "co_branches"):
        yield from code.co_branches()
        return
    instructions = list(dis.get_instructions(code))
    for instruction, following in zip(instructions, instructions[1:]):
        if instruction.opname.startswith("POP_JUMP") or instruction.opname == "FOR_ITER":
            yield instruction.offset, following.offset, instruction.argval


RETURNS = frozenset(dis.opmap[name] for name in ("RETURN_VALUE", "RETURN_CONST") if name in dis.opmap)
YIELDS = dis.opmap["YIELD_VALUE"]
_AWAITS = 128  # `inspect.CO_COROUTINE`: what such a call yields is for the loop that runs it


class Steps:
    """The lines that a case runs and the variables that each changed."""

    def __init__(self):
        self.steps = []
        self.seen = {}  # by frame: its number, its depth, and what was last seen of its variables
        self.resumed = set()  # the frames that went on after a `yield`, and have run nothing since
        self.error = ""  # the class of the exception that was met last
        self.raising = {}  # by frame: the step at which it met an exception last
        self.cut = False

    def trace(self, frame, event, argument):
        if frame.f_code.co_filename != PROGRAM:
            return None
        if len(self.steps) >= MAX_STEPS:
            self.cut = True
            return None
        if event == "call":
            if frame in self.seen:
                self.resumed.add(frame)
            self.known(frame)
            return self.trace
        self.note_changes(frame)
        if event == "line":
            self.add(frame, frame.f_lineno, {})
        elif event == "exception":
            self.error = error_name(argument[0])
            self.raising[frame] = self.last_of(self.known(frame)[0])
        elif event == "return":
            self.leave(frame, argument)
        return self.trace

    def known(self, frame):
        """A frame's number and depth, and what was last seen of its variables; a generator's is called again each time it is resumed."""
        if frame not in self.seen:
            caller = frame.f_back
            while caller is not None and caller not in self.seen:
                caller = caller.f_back
            depth = 0 if caller is None else self.seen[caller][1] + 1
            self.seen[frame] = (len(self.seen), depth, {})
        return self.seen[frame]

    def add(self, frame, line, changes):
        number, depth, _ = self.known(frame)
        self.steps.append([number, depth, frame.f_code.co_name, line, changes, ""])

    def last_of(self, number):
        return next((step for step in reversed(self.steps) if step[0] == number), None)

    def leave(self, frame, value):
        """Books how a call is left under the last line it ran: an exception that is passed on is told from a result by the instruction."""
        step = self.last_of(self.known(frame)[0])
        if step is None:
            return
        instruction = frame.f_code.co_code[frame.f_lasti]
        if instruction in RETURNS:
            step[5] = "returns " + self.repr(value)
        elif instruction != YIELDS:
            # A generator that nobody asks again is ended where it stands: that is none of its doing.
            if self.error != "GeneratorExit":
                # After a `finally`, the last line is not the one that raised.
                passes = self.raising.get(frame) is not step
                step[5] = ("passes on " if passes else "raises ") + self.error
        elif not frame.f_code.co_flags & _AWAITS:
            step[5] = "yields " + self.repr(value)

    def note_changes(self, frame):
        """Books what changed since the last look at the frame under the last line it ran."""
        number, _, seen = self.known(frame)
        changes, bare = {}, []
        for name, value in frame.f_locals.items():
            if not name.isidentifier():
                continue
            self.note(name, value, seen, changes)
            if type(value) not in ATOMS and shows_nothing(type(value)):
                bare.append((name, value))
        for name, value in bare:
            for attribute, part in state_of(value, type(value)):
                self.note("%s.%s" % (name, attribute), part, seen, changes)
        if changes:
            step = self.last_of(number)
            if step is None:
                self.add(frame, frame.f_code.co_firstlineno, changes)
            elif frame in self.resumed:
                # What a generator binds when it goes on was not there when it yielded.
                self.add(frame, step[3], changes)
            else:
                step[4].update(changes)
        self.resumed.discard(frame)

    def note(self, name, value, seen, changes):
        text = self.whole(value)
        if seen.get(name) != text:
            seen[name], changes[name] = text, self.shortened(text)

    def repr(self, value):
        return self.shortened(self.whole(value))

    @staticmethod
    def whole(value):
        try:
            return _ADDRESS.sub("", repr(value))
        except Exception:
            return "..."

    @staticmethod
    def shortened(text):
        """A long text without its middle: what is added to a container comes last."""
        half = MAX_STEP_REPR // 2
        return text if len(text) <= MAX_STEP_REPR else text[: half - 3] + " ... " + text[2 - half :]

    def report(self):
        encoder = Encoder()
        rows = []
        for number, depth, name, line, changes, left in self.steps:
            pairs = ",".join("[" + encoder.plain(k) + "," + encoder.plain(v) + "]" for k, v in changes.items())
            fields = (number, depth, encoder.plain(name), line, pairs, encoder.plain(left))
            rows.append('{"frame":%d,"depth":%d,"function":%s,"line":%d,"set":[%s],"left":%s}' % fields)
        report = ',"frames":%d,"steps":[%s]' % (len(self.seen), ",".join(rows))
        return report + (',"steps_cut":true' if self.cut else "")


BEGUN = {_Coroutine: "coroutine", _AsyncGenerator: "async-generator"}


def collect(value):
    """Runs what a call began: awaits a coroutine, lists what an asynchronous generator yields."""
    if type(value) is _Coroutine:
        return _run_async(value)

    async def all_of():
        items = []
        async for item in value:
            items.append(item)
            if len(items) > MAX_YIELDS:
                raise TooLarge
        return items

    return _run_async(all_of())


ATOMS = frozenset((int, str, float, bool, bytes, complex, type(None)))
VIEWS = (type({}.keys()), type({}.values()), type({}.items()))
_File = __import__("io").IOBase


def is_lazy(kind):
    """Whether values of a class give items when they are asked: iterators and views of dictionaries, but not files."""
    if kind is _Generator or kind in VIEWS:
        return True
    steps = iterates = False
    for base in _mro_of(kind):
        if base is _File:
            return False
        namespace = _namespace_of(base)
        steps, iterates = steps or "__next__" in namespace, iterates or "__iter__" in namespace
    return steps and iterates


class Draining:
    """Lists the iterators in a result, each before what comes after it: groups of `groupby` end when the next one begins."""

    __slots__ = ("nodes", "levels", "first_level", "plain")

    def __init__(self):
        self.nodes = self.first_level = 0
        self.levels = set()
        # Containers without iterators, by their ids: a part that many share is looked through once.
        self.plain = {}

    def drain(self, value, level, above):
        kind = type(value)
        if kind in ATOMS or id(value) in self.plain or id(value) in above or len(above) > MAX_DEPTH:
            return value
        self.nodes += 1
        if self.nodes > MAX_NODES:
            return value
        if kind is list or kind is tuple:
            return self.kept(value, self.items(value, kind, level, (*above, id(value))))
        if kind is dict:
            if len(value) > MAX_NODES or ATOMS.issuperset(map(type, dict.values(value))):
                return value
            made = {k: self.drain(v, level + 1, (*above, id(value))) for k, v in dict.items(value)}
            return self.kept(value, value if all(made[k] is v for k, v in dict.items(value)) else made)
        if not is_lazy(kind):
            return value
        self.levels.add(level)
        self.first_level += level == 1
        items = []
        for item in value:
            items.append(item if type(item) in ATOMS else self.drain(item, level + 1, (*above, id(value))))
            if len(items) > MAX_YIELDS:
                raise TooLarge
        return items

    def kept(self, value, made):
        if made is value:
            self.plain[id(value)] = value
        return made

    def items(self, value, kind, level, above):
        made = None
        if len(value) > MAX_NODES or ATOMS.issuperset(map(type, kind.__iter__(value))):
            return value
        for place, item in enumerate(kind.__iter__(value)):
            if type(item) not in ATOMS:
                new = self.drain(item, level + 1, above)
                if new is not item:
                    made = list(value) if made is None else made
                    made[place] = new
        return value if made is None else kind(made)


def begun(kind):
    """Which kind of call gives a value of a class, if what it holds raises when it is listed."""
    if kind is _Generator:
        return "generator"
    return "iterator" if is_lazy(kind) else "nested-iterators"


def settled(value):
    """A result with its iterators listed, and which kind of call that makes it."""
    kind = type(value)
    draining = Draining()
    value = draining.drain(value, 0, ())
    if not draining.levels:
        return value, None
    if draining.levels == {0}:
        return value, "generator" if kind is _Generator else "iterator"
    if draining.levels <= {0, 1} and type(value) in (list, tuple) and draining.first_level == len(value):
        return list(value), "iterators"
    return value, "nested-iterators"


# Classes that answer no question otherwise than Python does.
PLAIN_CLASSES = (type, type(__import__("abc").ABC))


def shows_nothing(kind):
    """Whether instances of a class are shown by nothing but their address, and have attributes: it is one of the program's."""
    if type(kind) not in PLAIN_CLASSES or _namespace_of(kind).get("__module__") != MAIN:
        return False
    bases = _mro_of(kind)
    shown_by = next(base for base in bases if "__repr__" in _namespace_of(base))
    return shown_by is object and any("__dict__" in _namespace_of(base) for base in bases) and not is_lazy(kind)


def arguments_of(case, namespace):
    """Evaluates a case's arguments where the program's names are known."""
    if "call" in case:
        pair = eval("(lambda *args, **kwargs: (args, kwargs))(" + case["call"] + "\n)", namespace)
        if type(pair) is not tuple or len(pair) != 2 or type(pair[0]) is not tuple or type(pair[1]) is not dict:
            raise SyntaxError("not the arguments of one call")
        return pair
    args, kwargs = case["args"], case["kwargs"]
    if type(args) is list and type(kwargs) is dict:
        return args, kwargs
    if type(args) is str:
        args = eval("(" + args + "\n)", namespace)
    if type(kwargs) is str:
        kwargs = eval("(" + kwargs + "\n)", namespace)
    return tuple(args), dict(kwargs)


def encode_arguments(args, kwargs, observe):
    encoder = Encoder(observe)
    try:
        return [encoder.value(a) for a in args], {k: encoder.value(v) for k, v in kwargs.items()}
    except BaseException:
        return None


def changed_arguments(before, args, kwargs, observe):
    """The arguments that a call left different from what it was given, by position or name."""
    after = encode_arguments(args, kwargs, observe)
    if after is None:
        return ""
    rows = ["[%d,%s]" % (i, new) for i, (old, new) in enumerate(zip(before[0], after[0])) if old != new]
    rows += ["[%s,%s]" % (_text(k), after[1][k]) for k in before[1] if before[1][k] != after[1][k]]
    return ',"mutated":[' + ",".join(rows) + "]" if rows else ""


def run_case(function, case, namespace, observe, coverage, keeps_views=False):
    """Calls the function once and describes what happened as the fields of a message."""
    try:
        args, kwargs = arguments_of(case, namespace)
    except BaseException as error:
        return '"end":"raised","in_arguments":true,' + raised(error)
    before = steps = failure = kind = None
    if observe:
        if "mutations" in observe:
            before = encode_arguments(args, kwargs, observe)
        if "steps" in observe:
            steps = Steps()
    if coverage is not None:
        coverage.begin()
    try:
        if type(function) is Property:
            kind = "property"
        if steps is not None:
            _settrace(steps.trace)
        value = function(*args, **kwargs)
        if kind is not None:
            pass
        elif type(value) in BEGUN:
            kind = BEGUN[type(value)]
            value = collect(value)
        elif type(value) in ATOMS:
            pass
        elif shows_nothing(type(value)):
            kind, value = "attributes", dict(value.__dict__)
        elif not (keeps_views and type(value) in VIEWS):
            # Known before the iterators run: it may be one of them that raises, and not the call.
            kind = begun(type(value))
            value, kind = settled(value)
    except TooLarge:
        failure = '"end":"output-too-large"'
    except BaseException as error:
        failure = '"end":"raised",' + raised(error, observe)
    finally:
        _settrace(None)
        _setprofile(None)
    extra = "" if kind is None else ',"kind":"%s"' % kind
    try:
        if observe:
            if before is not None:
                extra += changed_arguments(before, args, kwargs, observe)
            if coverage is not None:
                extra += coverage.report()
            if steps is not None:
                extra += steps.report()
        if failure is not None:
            return failure + extra
        encoder = Encoder(observe)
        body = '"end":"returned","value":' + encoder.value(value)
        if encoder.needs_repr:  # the host writes the `repr` of the commonest values itself
            body += ',"repr":' + encoder.plain(encoder.repr(value))
    except TooLarge:
        return '"end":"output-too-large"'
    except BaseException as error:
        return '"end":"raised",' + raised(error)
    return body + extra


def flush():
    try:
        _flush_stdout()
        _flush_stderr()
    except BaseException:
        pass  # the program has closed or replaced them


def exit_code(error):
    """The exit code of a `SystemExit`, as the interpreter would choose it."""
    try:
        code = error.code
        if code is None:
            return 0
        if isinstance(code, int):
            return int(code) & 0xFF if -0x80000000 <= code <= 0x7FFFFFFF else 255
        _stderr.write(str(code) + "\n")
    except MemoryError:
        raise
    except BaseException:
        pass
    return 1


def show(error, source):
    """Prints a traceback as the interpreter would, without our own frames."""
    ours = show.__code__.co_filename
    while error.__traceback__ is not None and error.__traceback__.tb_frame.f_code.co_filename == ours:
        error.__traceback__ = error.__traceback__.tb_next
    linecache.cache[PROGRAM] = (len(source), None, source.splitlines(True), PROGRAM)
    try:
        sys.excepthook(type(error), error, error.__traceback__)
    except MemoryError:
        raise
    except BaseException:
        pass


def run_exit_handlers():
    """What the interpreter does at its end: it also flushes whatever stands in for stdout by now."""
    for end in (_run_exit_handlers, lambda: sys.stdout.flush(), lambda: sys.stderr.flush()):
        try:
            end()
        except MemoryError:
            raise
        except BaseException:
            pass


def begin(request):
    """Makes the module of a program: that of a script, unless it may be started otherwise and is."""
    global MAIN
    if _start_imported is not None and request.get("varies_start"):
        main = _start_imported(PROGRAM)
        MAIN = main.__name__
        linecache.cache[PROGRAM] = (len(request["code"]), None, request["code"].splitlines(True), PROGRAM)
        return main
    main = _Module(MAIN)
    main.__file__, main.__builtins__ = PROGRAM, builtins
    _modules[MAIN] = main
    sys.argv = [PROGRAM, *request.get("argv", ())]
    return main


_start_imported = None


def expect(length):
    """Raises the bounds on a result by the length of the literal that it should equal; the host bounds the message itself."""
    global MAX_NODES, MAX_TEXT, MAX_YIELDS
    MAX_NODES, MAX_TEXT, MAX_YIELDS = MAX_NODES + length, MAX_TEXT + length, MAX_YIELDS + length


def drawn():
    """What a message says of the chance that has decided something."""
    return ',"drawn":true' if _take_drawn() | _take_noticed() else ""


def compile_only(nonce, source):
    """Sends a program's code and runs nothing of it; nothing if it does not compile, since each run says why."""
    try:
        program = compile(source, PROGRAM, "exec", dont_inherit=True)
    except BaseException:
        return 0
    _write(MESSAGES, nonce + b'{"code":"' + _marshal(program).hex().encode("ascii") + b'"}')
    return 0


class Property:
    """Reads a property of the object that it is called with."""

    def __init__(self, name):
        self.name = name

    def __call__(self, made):
        return _getattr(made, self.name)


def function_of(name, namespace):
    """Gives what a name stands for, and for a special method what people write to have it called."""
    owner, _, method = name.rpartition(".")
    if not owner:
        if name not in namespace:
            raise NameError("the program does not define %r" % name)
        return namespace[name]
    function = eval(name, namespace)
    if method == "__init__":
        made = eval(owner, namespace)
        return lambda *args, **kwargs: _vars(made(*args, **kwargs))
    if isinstance(function, (property, _Cached)):
        return Property(method)
    return SPECIAL.get(method, function)


def entry():
    """Serves one job; the host reads the messages, not what this returns."""
    nonce = _read(REQUEST, NONCE_LEN)
    parts = []
    while part := _read(REQUEST, 1 << 20):
        parts.append(part)
    request = _unmarshal(b"".join(parts))
    if "compile" in request:
        return compile_only(nonce, request["compile"])

    def send(fields):
        flush()
        _write(MESSAGES, nonce + ("{" + fields + "}").encode("ascii"))

    if "packages" in request:
        serve_packages(*request["packages"])
    namespace = begin(request).__dict__
    source = request["code"]
    observe = request.get("observe", ())
    name = request.get("entry")
    if "expected" in request:
        expect(request["expected"])
    # A program that is graded may give the keys of a dictionary where a set is asked for: they are equal.
    keeps_views = bool(request.get("native"))
    if keeps_views:
        _install_native(__builtins__)
    if request.get("varies_start") and ("hash" in source or "id" in source):
        _notice_looks(builtins)
    if "random_seed" in request:
        _seed_random(request["random_seed"])
    _begin_chance(request.get("random_seed", -1))
    # The state of the one generator that programs share; it takes longer to look at than most programs run.
    before = random_state() if any(word in source for word in TO_RANDOM) else None
    coverage = None
    try:
        if "program" in request:
            program = _unmarshal(request["program"])
            _fix_filename(program, PROGRAM)  # it was compiled where the file may have another name
        else:
            program = compile(source, PROGRAM, "exec", dont_inherit=True)
        if "coverage" in observe:
            coverage = Coverage(program)
        _execute(program, namespace)
        _settrace(None)
        _setprofile(None)
        if name is None:
            run_exit_handlers()
            send('"exit":0')
            return 0
        function = function_of(name, namespace)
    except SystemExit as error:
        code = exit_code(error)
        run_exit_handlers()
        send('"exit":%d' % code)
        return 0
    except BaseException as error:
        if name is None:
            show(error, source)
            run_exit_handlers()
        send('"exit":1,"error":{' + raised(error) + "}")
        return 0
    send('"loaded":true' + (coverage.describe() if coverage is not None else "") + drawn())
    for case in request["cases"]:
        send(run_case(function, case, namespace, observe, coverage, keeps_views) + drawn())
    send('"exit":0' + ("" if before is None else ',"random":[%d,%d]' % (before, random_state())))
    return 0


def random_state():
    """A checksum of the state of `random`."""
    return _checksum(_array("I", _random_state()[1]))


def without_self_pipe():
    """Lets event loops start where there are no sockets: nobody else could wake them anyway."""
    loop = asyncio.selector_events.BaseSelectorEventLoop
    loop._make_self_pipe = lambda self: setattr(self, "_ssock", None) or setattr(self, "_csock", None)
    loop._close_self_pipe = lambda self: None


class PrunedFinder:
    """Refuses what was pruned from this runtime with an error that names the runtime that has it."""

    names = frozenset()

    @classmethod
    def find_spec(cls, name, path=None, target=None):
        top = name.partition(".")[0]
        if top in cls.names:
            raise ModuleNotFoundError(
                f"No module named {name!r} in this runtime; {cls.full_runtime} has it", name=name
            )
        return None


def hide_pruned_modules(full_runtime):
    import zipfile

    archive = next(path for path in sys.path if path.endswith(".zip"))
    tops = {name.partition("/")[0].partition(".")[0] for name in zipfile.ZipFile(archive).namelist()}
    PrunedFinder.names = frozenset((tops | set(sys.builtin_module_names)) - sys.stdlib_module_names)
    PrunedFinder.full_runtime = full_runtime
    sys.meta_path.insert(0, PrunedFinder)


class PackageFinder:
    """Finds the packages that the host serves; a module of the standard library comes before one of theirs."""

    names = frozenset()

    @classmethod
    def find_spec(cls, name, path=None, target=None):
        if path is None and name in cls.names:
            return _archive_of(cls.archive).find_spec(name)
        return None


def serve_packages(archive, names):
    """Lets the program import from an archive of the host's."""
    PackageFinder.archive, PackageFinder.names = archive, frozenset(names) - sys.stdlib_module_names
    PrunedFinder.names -= PackageFinder.names
    sys.meta_path.insert(0, PackageFinder)
    sys.path.append(archive)


def load_packages(archive, names, modules):
    """Imports modules of the host's archive, so that a program that imports them finds them loaded."""
    serve_packages(archive, names)
    for name in modules:
        __import__(name)
    # A run serves its packages itself.
    sys.meta_path.remove(PackageFinder)
    sys.path.remove(archive)
    sys.stdout.flush()


def be_linux():
    """Takes the name of the usual platform: the machine's own is one that programs do not expect."""
    sys.platform = "linux"
    os.uname = lambda: os.uname_result(("Linux", "localhost", "6.1.0", "#1 SMP", "x86_64"))

    def confstr(name):
        """`os.confstr`, of which only the version of the C library is known."""
        if name != "CS_GNU_LIBC_VERSION":
            raise ValueError("unrecognized configuration name")
        return "glibc 2.39"

    os.confstr = confstr
    if "socket" in _modules:
        _modules["socket"].gethostname = lambda: "localhost"


def ballast():
    """Fills the allocator's holes, so that every run takes fresh pages in the same order; a different amount each start."""
    extra = os.urandom(1)[0]
    held = []
    for make in (object, *(lambda size=size: bytes(size) for size in range(0, 640, 8))):
        run = last = step = count = 0
        while run < 48 + extra and count < 20000:
            filler = make()
            held.append(filler)
            # Neighbours at the same distance again and again: this is a page that nothing has been freed in.
            run = run + 1 if id(filler) - last == step else 0
            step, last = id(filler) - last, id(filler)
            count += 1
    # What CPython keeps free lists of comes from there first.
    for make in (lambda: [], lambda: {}, lambda: {None}, lambda: float("0.5"), lambda: 0.5j, lambda: (lambda: 0)):
        held.extend(make() for _ in range(300 + extra))
    for length in range(1, 21):
        held.extend(tuple([None] * length) for _ in range(100 + extra))
    for _ in range(300 + extra):
        held.append(iter([]))
    return held


def rehearse():
    """Takes the paths that every job takes, so that their caches are warm in the snapshot."""
    namespace = {}
    exec(compile("def f(a, b=1):\n    if a:\n        return [a, b]\n    return {'k': (a, b)}\n", PROGRAM, "exec"), namespace)
    request = {"cases": [{"call": "1, b=2"}, {"args": [0], "kwargs": {}}, {"args": "({1, 2},)", "kwargs": {}}]}
    request = _unmarshal(_marshal(request))
    for case in request["cases"] * 3:
        run_case(namespace["f"], case, namespace, (), None)
        run_case(namespace["f"], case, namespace, ("mutations",), None)


os.environ.pop("TGSAND_PADDING")  # it has moved the heap, which is all it is for
sys.setrecursionlimit(1000)
try:
    sys.stdout.reconfigure(line_buffering=True)
except AttributeError:
    pass
without_self_pipe()
if FULL_RUNTIME:  # set by the host, above this text
    hide_pruned_modules(FULL_RUNTIME)
_unseeded["install"]()
sysconfig.get_config_vars()  # reads a module that is named after the platform
if MOVES_IDS:  # set by the host as well
    _elsewhere = {"__name__": "elsewhere"}
    exec(compile(ELSEWHERE, "elsewhere.py", "exec"), _elsewhere)
    if IS_ELSEWHERE:
        _elsewhere["install"](globals())
        _system = {"__name__": "system"}
        exec(compile(SYSTEM, "system.py", "exec"), _system)
        _system["install"](builtins)
        load_packages(*LOADED)
        _imported = {"__name__": "started"}
        exec(compile(IMPORTED, "imported.py", "exec"), _imported)
        _imported["prepare"](FRESH)
        _start_imported = _imported["start"]
    _elsewhere["move_ids"](REVERSES_IDS)
if not IS_ELSEWHERE:
    be_linux()
    load_packages(*LOADED)
rehearse()
gc.collect()
_held = ballast()
_room = bytearray(6 << 20)
del _room
gc.collect()
gc.freeze()
_armed = [_address(entry)]
if IS_ELSEWHERE:
    _elsewhere["leave_litter"]()
    _armed += _elsewhere["rename_outermost"]()
os.write(MESSAGES, bytes(NONCE_LEN) + " ".join(map(str, _armed)).encode())
time.time()  # the host takes the snapshot in this call, while the interpreter is in a state to be entered again
