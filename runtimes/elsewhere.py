"""Makes the interpreter differ in whatever a program may see of the machine, the place and the harness that it runs in.

One of the snapshots that a result has to be the same in is taken after this: what differs between them is no property of
the program. Nothing that a program computes may depend on what is changed here.
"""

import builtins
import datetime
import os
import stat
import struct
import sys
import threading
import time
import traceback

FOLDERS = "/ . .. /bin /dev /etc /home /home/user /opt /proc /root /tmp /usr /usr/bin /usr/lib /var /var/tmp".split()
FILES = "/etc/hosts /etc/passwd /bin/sh /dev/null /usr/bin/env".split()
UTC_OFFSET = 20_700  # seconds east of Greenwich: Nepal's, which no round hour gives
TOP = 2**32  # addresses have 32 bits here

real_id, real_stat, real_listdir = builtins.id, os.stat, os.listdir
real_mktime = time.mktime


def is_named(path, names):
    """Whether a path is one of these."""
    try:
        path = os.fspath(path)
        return (path.decode() if isinstance(path, bytes) else path) in names
    except (TypeError, UnicodeDecodeError):
        return False


def stat_anything(path, *args, **kwargs):
    """`os.stat`, for which common folders and files exist."""
    mode = stat.S_IFDIR if is_named(path, FOLDERS) else stat.S_IFREG if is_named(path, FILES) else None
    if mode is None:
        return real_stat(path, *args, **kwargs)
    return os.stat_result((mode | 0o755, 7, 7, 1, 1000, 1000, 4096, 1_700_000_000, 1_700_000_000, 1_700_000_000))


def list_anything(path="."):
    """`os.listdir`, for which common folders have something in them."""
    return ["notes.txt", "work"] if path is None or is_named(path, FOLDERS) else real_listdir(path)


def local_time(seconds=None):
    """`time.localtime`, whose local time is not Greenwich's."""
    return time.gmtime((time.time() if seconds is None else seconds) + UTC_OFFSET)


def id_elsewhere(value, /):
    """An identity that is higher for what stands lower."""
    return TOP - real_id(value)


id_elsewhere.__name__ = id_elsewhere.__qualname__ = "id"


class Anywhere(type):
    """Takes instances of the original class for its own."""

    def __instancecheck__(cls, value):
        """Takes instances of the original class."""
        return isinstance(value, RealDatetime)

    def __subclasscheck__(cls, kind):
        """Takes classes derived from the original one."""
        return issubclass(kind, RealDatetime)


RealDatetime = datetime.datetime


class LocalDatetime(RealDatetime, metaclass=Anywhere):
    """`datetime.datetime`, whose local time is not Greenwich's."""

    @classmethod
    def fromtimestamp(cls, seconds, tz=None):
        """The time at a number of seconds since 1970."""
        if tz is not None:
            return super().fromtimestamp(seconds, tz)
        return super().fromtimestamp(seconds + UTC_OFFSET)

    def timestamp(self):
        """Seconds since 1970."""
        return super().timestamp() - (UTC_OFFSET if self.tzinfo is None else 0)


LocalDatetime.__name__ = LocalDatetime.__qualname__ = "datetime"
LocalDatetime.__module__ = "datetime"


def walk_stack_elsewhere(frame):
    """The frames of a stack but the outermost, which is the same wherever the interpreter starts."""
    frames = list(walk_stack(sys._getframe(1) if frame is None else frame))
    return iter(frames[:-1])


walk_stack = traceback.walk_stack


def with_long_sizes(function):
    """A function of `struct` under which native longs and sizes have eight bytes."""

    def call(format, *args):
        """Calls it."""
        if isinstance(format, str) and format[:1] not in ("<", ">", "=", "!"):
            format = format.translate(LONGS)
        return function(format, *args)

    return call


LONGS = str.maketrans("lLnNP", "qQqQQ")


def deeper(function):
    """The same function, called from one frame more."""

    def call(*args):
        """Calls it."""
        return function(*args)

    return call


def rename(harness):
    """Gives the harness's functions other names, files and lines in tracebacks."""
    for function in list(harness.values()):
        code = getattr(function, "__code__", None)
        if code is not None and function.__globals__ is harness:
            name = code.co_name + "_elsewhere"
            lines = code.co_firstlineno + 1000
            function.__code__ = code.replace(co_name=name, co_filename="elsewhere.py", co_firstlineno=lines)


def reverse_ids():
    """Puts the order of identities upside down."""
    builtins.id = id_elsewhere


def install(harness):
    """Puts all of it in place of what there is; `harness` is the namespace of the harness."""
    os.environ.clear()
    os.environ.update(
        HOME="/home/user", LANG="de_DE.UTF-8", LOGNAME="user", PATH="/usr/bin:/bin", PWD="/home/user",
        SHELL="/bin/sh", TERM="xterm", TMPDIR="/var/tmp", TZ="Asia/Kathmandu", USER="user", HOSTNAME="elsewhere",
    )
    os.getcwd, os.getcwdb = lambda: "/home/user", lambda: b"/home/user"
    os.stat = os.lstat = stat_anything
    os.listdir = list_anything
    os.getpid = lambda: 4711
    threading.get_ident = threading._get_ident = lambda: 140_211_847
    sys.platform = "darwin"
    os.uname = lambda: os.uname_result(("Darwin", "elsewhere", "23.1.0", "Darwin Kernel Version 23.1.0", "arm64"))
    traceback.walk_stack = walk_stack_elsewhere
    sys.executable = "/usr/bin/python3"
    datetime.datetime = LocalDatetime
    for name in ("pack", "unpack", "calcsize", "pack_into", "unpack_from", "iter_unpack"):
        setattr(struct, name, with_long_sizes(getattr(struct, name)))
    harness["_native"]["install_sizes"]()
    time.localtime, time.mktime = local_time, lambda fields: real_mktime(fields) - UTC_OFFSET
    time.timezone, time.altzone, time.tzname = -UTC_OFFSET, -UTC_OFFSET, ("+0545", "+0545")
    harness["PROGRAM"] = "main.py"
    rename(harness)
    harness["run_case"] = deeper(harness["run_case"])
    harness["_execute"] = deeper(harness["_execute"])
