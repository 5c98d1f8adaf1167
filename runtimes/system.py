"""Gives the second snapshot what usual machines have and the sandbox lacks, and lets its clocks be looked at from far away.

System calls, modules, a name, folders that can be written to, and seconds between two looks at a clock. That none of it is there
is no property of a program. What is written is forgotten, and most system calls fail.
"""

import asyncio
import errno
import importlib.machinery
import io
import os
import sys
import time
import types
from collections import namedtuple

WRITABLE = ("", ".", "/tmp", "/var/tmp", "/home/user")
JUMP = 1_370_000_000  # nanoseconds between two looks at a clock: more than one second, less than a time limit
UPTIME = 18_061 * 10**9
CALLS = """chown chroot ctermid eventfd execv execve fork forkpty getpgid getpriority getrandom getsid kill memfd_create mkfifo nice
openpty pipe sendfile setsid setuid spawnv statvfs sync system ttyname wait waitpid""".split()
ANSWERS = {
    "getuid": 1000, "geteuid": 1000, "getgid": 1000, "getegid": 1000, "getppid": 4242, "umask": 0o022, "getgroups": [1000],
    "getloadavg": (0.52, 0.58, 0.59), "sched_getaffinity": set(range(12)), "register_at_fork": None,
    "get_terminal_size": os.terminal_size((132, 43)),
}
MODULES = "curses fcntl grp pty pwd readline resource ssl _ssl syslog termios tty".split()

real_localtime, real_mktime = time.localtime, time.mktime


def fixed(name, answer):
    """A system call that always gives this."""

    def call(*args, **kwargs):
        """Gives it."""
        return answer

    call.__name__ = call.__qualname__ = name
    return call


def failing(name):
    """A system call that is not allowed."""

    def call(*args, **kwargs):
        """Fails."""
        raise PermissionError(errno.EPERM, "Operation not permitted")

    call.__name__ = call.__qualname__ = name
    return call


def unknown(*args):
    """Finds no user and no group."""
    raise KeyError(*args)


class Modules:
    """Finds modules of the library that the sandbox lacks; they have every name, and nothing behind it."""

    @staticmethod
    def find_spec(name, path=None, target=None):
        """The specification of one of these modules."""
        return importlib.machinery.ModuleSpec(name, Modules) if name in MODULES else None

    @staticmethod
    def create_module(spec):
        """The module."""
        module = types.ModuleType(spec.name)

        def member(name):
            """A member of the module."""
            if name.startswith("__"):
                raise AttributeError(name)
            return unknown if spec.name in ("pwd", "grp") else type(name, (), {})

        module.__getattr__ = member
        return module

    @staticmethod
    def exec_module(_module):
        """Nothing is left to do."""


def install_calls():
    """Lets system calls exist."""
    for name in CALLS:
        if not hasattr(os, name):
            setattr(os, name, failing(name))
    for name, answer in ANSWERS.items():
        if not hasattr(os, name):
            setattr(os, name, fixed(name, answer))
    socket = sys.modules.get("socket")  # a build may lack it
    if socket:
        socket.gethostname = socket.getfqdn = fixed("gethostname", "elsewhere")
    sys.meta_path.insert(0, Modules)


def is_writable(path):
    """Whether a file of this path can be written."""
    try:
        path = os.fsdecode(path)
    except TypeError:
        return False
    return path in WRITABLE[2:] or os.path.dirname(path) in WRITABLE


def writing(real_open):
    """An `open` that can write."""

    def open(file, *args, **kwargs):
        """Opens a file."""
        mode = args[0] if args else kwargs.get("mode", "r")
        if type(mode) is str and set("wax+") & set(mode) and is_writable(file):
            written = io.BytesIO()
            written.name = file
            return written if "b" in mode else io.TextIOWrapper(written, "utf-8")
        return real_open(file, *args, **kwargs)

    return open


def changing(real):
    """A function of `os` that can change folders."""

    def change(path, *args, **kwargs):
        """Changes a folder."""
        return None if is_writable(path) else real(path, *args, **kwargs)

    change.__name__ = change.__qualname__ = real.__name__
    return change


def install_writing(builtins):
    """Lets files be written, and forgets what is written."""
    builtins.open = io.open = writing(io.open)
    for name in "mkdir rmdir remove unlink rename replace".split():
        if hasattr(os, name):
            setattr(os, name, changing(getattr(os, name)))
    sys.modules["tempfile"].tempdir = "/var/tmp"


class Clock:
    """How often a clock was looked at."""

    looks = 0


def later(name, start=None):
    """A clock of which every look comes seconds after the one before; it may start anew."""
    read = getattr(time, name + "_ns")
    offset = 0 if start is None else start - read()

    def nanoseconds():
        """The time in nanoseconds."""
        Clock.looks += 1
        return read() + offset + Clock.looks * JUMP

    def seconds():
        """The time in seconds."""
        return nanoseconds() / 10**9

    seconds.__name__ = seconds.__qualname__ = name
    nanoseconds.__name__ = nanoseconds.__qualname__ = name + "_ns"
    setattr(time, name, seconds)
    setattr(time, name + "_ns", nanoseconds)


def local_time(seconds=None):
    """`time.localtime` in summer."""
    fields = real_localtime(seconds)
    return time.struct_time((*fields[:8], 1), {"tm_zone": fields.tm_zone, "tm_gmtoff": fields.tm_gmtoff})


def make_time(fields, /):
    """`time.mktime`, whether it is summer or not."""
    fields = tuple(fields)
    return real_mktime((*fields[:8], 0) if len(fields) == 9 else fields)


def install_clocks():
    """Lets clocks jump. The library's own waiting does not see it: limits of time stay what they are."""
    real_monotonic = time.monotonic
    asyncio.BaseEventLoop.time = lambda loop: real_monotonic()
    later("time")
    for name in ("monotonic", "perf_counter", "process_time", "thread_time"):
        if hasattr(time, name + "_ns"):
            later(name, UPTIME)
    local_time.__name__ = local_time.__qualname__ = "localtime"
    make_time.__name__ = make_time.__qualname__ = "mktime"
    time.localtime, time.mktime, time.daylight = local_time, make_time, 1


def install_addresses(builtins):
    """Lets addresses in texts have more digits."""
    real_repr = builtins.repr

    def repr(value, /):
        """The text of a value."""
        text = real_repr(value)
        return text if type(value) is str else text.replace(" at 0x", " at 0x7f")

    repr.__qualname__ = "repr"
    builtins.repr = repr


def install_flags():
    """Lets the interpreter have been started with other options."""
    names = [name for name in dir(sys.flags) if not name.startswith(("_", "n_")) and name not in ("count", "index")]
    other = {"quiet": 1, "utf8_mode": 1 - sys.flags.utf8_mode, "no_user_site": 1 - sys.flags.no_user_site, "isolated": 0, "no_site": 0}
    values = {name: other.get(name, getattr(sys.flags, name)) for name in names}
    sys.flags = namedtuple("flags", names)(**values)


def install(builtins):
    """Puts all of it in place of what there is."""
    install_calls()
    install_writing(builtins)
    install_clocks()
    install_flags()
    install_addresses(builtins)
