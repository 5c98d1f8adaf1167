"""Makes the interpreter differ in whatever a program may see of the machine, the place and the harness that it runs in.

One of the snapshots that a result has to be the same in is taken after this: what differs between them is no property of
the program. Nothing that a program computes may depend on what is changed here.
"""

import _thread
import builtins
import datetime
import errno
import gc
import io
import logging
import os
import stat
import struct
import sys
import sysconfig
import threading
import time
import traceback
from collections import namedtuple

FOLDERS = "/ . .. /bin /dev /etc /home /home/user /opt /proc /root /tmp /usr /usr/bin /usr/lib /var /var/tmp".split()
FILES = "/etc/hostname /etc/hosts /etc/passwd /bin/sh /dev/null /usr/bin/env".split()
NAMES = ["notes.txt", "work"]
UTC_OFFSET = 20_700  # seconds east of Greenwich: Nepal's, which no round hour gives
TOP = 2**32  # addresses have 32 bits here

real_id, real_stat, real_listdir = builtins.id, os.stat, os.listdir
real_scandir, real_access, real_open, real_mktime = os.scandir, os.access, io.open, time.mktime
real_getsizeof = sys.getsizeof


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
    return list(NAMES) if path is None or is_named(path, FOLDERS) else real_listdir(path)


class Entry:
    """What `os.scandir` finds; the one without a suffix is a folder."""

    def __init__(self, folder, name):
        self.name, self.path = name, os.path.join(folder, name)

    def __fspath__(self):
        """The path."""
        return self.path

    def is_dir(self, *, follow_symlinks=True):
        """Whether it is a folder."""
        return "." not in self.name

    def is_file(self, *, follow_symlinks=True):
        """Whether it is a file."""
        return "." in self.name

    def is_symlink(self):
        """Whether it is a symbolic link: none is."""
        return False

    def stat(self, *, follow_symlinks=True):
        """What `os.stat` says of a common folder or file."""
        return stat_anything("/" if self.is_dir() else FILES[0])


class Entries:
    """What `os.scandir` gives."""

    def __init__(self, folder):
        self.left = [Entry(folder, name) for name in NAMES]

    def __iter__(self):
        return self

    def __next__(self):
        if not self.left:
            raise StopIteration
        return self.left.pop(0)

    def close(self):
        """Ends the listing."""
        self.left.clear()

    def __enter__(self):
        return self

    def __exit__(self, *raised):
        self.close()


def scan_anything(path="."):
    """`os.scandir`, for which common folders have something in them."""
    path = "." if path is None else path
    return Entries(os.fsdecode(path)) if is_named(path, FOLDERS) else real_scandir(path)


def access_anything(path, mode, *args, **kwargs):
    """`os.access`, for which common folders and files can be read and run."""
    if is_named(path, FOLDERS) or is_named(path, FILES):
        return not mode & os.W_OK
    return real_access(path, mode, *args, **kwargs)


def open_anything(file, mode="r", *args, **kwargs):
    """`open`, for which common files have something in them."""
    if is_named(file, FILES) and not set("wax+") & set(mode):
        found = io.BytesIO(b"elsewhere\n")
        return found if "b" in mode else io.TextIOWrapper(found)
    return real_open(file, mode, *args, **kwargs)


open_anything.__name__ = open_anything.__qualname__ = "open"

# The numbers that error names have on Linux, from 1; others have higher ones there.
ERRORS = """EPERM ENOENT ESRCH EINTR EIO ENXIO E2BIG ENOEXEC EBADF ECHILD EAGAIN ENOMEM EACCES EFAULT ENOTBLK EBUSY EEXIST EXDEV
ENODEV ENOTDIR EISDIR EINVAL ENFILE EMFILE ENOTTY ETXTBSY EFBIG ENOSPC ESPIPE EROFS EMLINK EPIPE EDOM ERANGE""".split()


class ErrorNumber(int):
    """The number of an error elsewhere, which equals the number that the machine gives."""

    def __new__(cls, here):
        """The number for a number of the machine's."""
        made = super().__new__(cls, next((there for there, known in LINUX.items() if known == here), here + 100))
        made.here = here
        return made

    def __eq__(self, other):
        return self.here == (other.here if type(other) is ErrorNumber else other)

    def __hash__(self):
        return hash(self.here)

    def __reduce__(self):
        return ErrorNumber, (self.here,)


LINUX = {there: getattr(errno, name) for there, name in enumerate(ERRORS, 1) if hasattr(errno, name)}
real_strerror = os.strerror


def strerror_elsewhere(code, /):
    """`os.strerror`, for the numbers elsewhere."""
    return real_strerror(code.here if type(code) is ErrorNumber else LINUX.get(code, code))


def renumbered(function):
    """A function that raises errors with the numbers elsewhere."""

    def call(*args, **kwargs):
        """Calls it."""
        try:
            return function(*args, **kwargs)
        except OSError as error:
            if type(error.errno) is int:
                error.errno = ErrorNumber(error.errno)
            raise

    call.__name__, call.__qualname__, call.__doc__ = function.__name__, function.__qualname__, function.__doc__
    return call


def local_time(seconds=None):
    """`time.localtime`, whose local time is not Greenwich's."""
    return time.gmtime((time.time() if seconds is None else seconds) + UTC_OFFSET)


def id_nearby(value, /):
    """An identity in the same order; every bit of it may differ, so that no parity of it is the same everywhere."""
    address = real_id(value)
    return address + (address >> 5)


def id_elsewhere(value, /):
    """An identity that is higher for what stands lower."""
    return TOP - id_nearby(value)


id_elsewhere.__name__ = id_elsewhere.__qualname__ = id_nearby.__name__ = id_nearby.__qualname__ = "id"


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


def getsizeof_elsewhere(value, *default):
    """`sys.getsizeof`, where pointers have eight bytes."""
    return 2 * real_getsizeof(value, *default)


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


def rename_outermost():
    """What the host has to change for another name and file of the code that the interpreter has started, which is running.

    That is the code's address and size, and words in it, each followed by another one.
    """
    frame = sys._getframe()
    while frame.f_back is not None:
        frame = frame.f_back
    code = frame.f_code
    name, file = "_run_module_as_main", "/usr/lib/python3/runpy.py"
    kept.extend((name, file))
    words = map(real_id, (code.co_name, name, code.co_filename, file))
    return [real_id(code), type(code).__basicsize__, *words]


kept = []


def move_ids(reverses):
    """Gives everything another identity; the order of identities may be upside down."""
    builtins.id = id_elsewhere if reverses else id_nearby


def leave_litter():
    """Lets the collector have run more often, and leaves objects for it to look at: it starts from other counts then."""
    for generation in (0, 1, 2) * 7:
        gc.collect(generation)
    kept.extend({number: [Exception]} for number in range(40))


def install_files():
    """Lets common folders and files exist, and errors have other numbers."""
    os.getcwd, os.getcwdb = lambda: "/home/user", lambda: b"/home/user"
    os.stat = os.lstat = renumbered(stat_anything)
    os.listdir, os.scandir, os.access = renumbered(list_anything), renumbered(scan_anything), access_anything
    builtins.open = io.open = renumbered(open_anything)
    for name in "open mkdir rmdir remove unlink rename replace chdir readlink".split():
        if hasattr(os, name):
            setattr(os, name, renumbered(getattr(os, name)))
    for name in errno.errorcode.values():
        setattr(errno, name, ErrorNumber(getattr(errno, name)))
    os.strerror = strerror_elsewhere


def install_local_time():
    """Lets local time be that of another zone, if the machine's cannot be moved."""
    datetime.datetime = LocalDatetime
    time.localtime, time.mktime = local_time, lambda fields: real_mktime(fields) - UTC_OFFSET
    time.timezone = time.altzone = -UTC_OFFSET


def install_thread():
    """Gives the main thread another identity."""
    main, there = threading.main_thread(), 140_211_847
    threading._active[there] = threading._active.pop(main.ident)
    main._ident = there
    threading.get_ident = threading._get_ident = _thread.get_ident = lambda: there


def install_proxies():
    """Gives the library what it imports on this platform: the proxies of the network, of which there are none."""
    module = sys.modules["_scproxy"] = type(sys)("_scproxy")
    module._get_proxies = lambda: {}
    module._get_proxy_settings = lambda: {"exclude_simple": False}


def install_build():
    """Lets the interpreter be another build, with words of eight bytes."""
    sys.platform = "darwin"
    install_proxies()
    os.uname = lambda: os.uname_result(("Darwin", "elsewhere", "23.1.0", "Darwin Kernel Version 23.1.0", "arm64"))
    os.getlogin = lambda: "user"
    os.cpu_count = lambda: 12
    if hasattr(os, "process_cpu_count"):
        os.process_cpu_count = os.cpu_count
    sys.version = sys.version.split()[0] + " (main, Mar  3 2031, 11:20:05) [Clang 18.1.3 ]"
    sys.executable = "/usr/bin/python3"
    settings = sysconfig.get_config_vars()  # they are read again if the prefix is not theirs
    settings.update(EXT_SUFFIX=".cpython-darwin.so", SOABI="cpython-darwin", prefix="/opt/python", exec_prefix="/opt/python")
    sys.prefix = sys.exec_prefix = sys.base_prefix = sys.base_exec_prefix = "/opt/python"
    sys.path.insert(0, "/home/user")
    sys.path_importer_cache["/home/user"] = None
    names = "width modulus inf nan imag algorithm hash_bits seed_bits cutoff".split()
    fields = {name: getattr(sys.hash_info, name) for name in names} | {"width": 64, "modulus": 2**61 - 1}
    sys.hash_info = namedtuple("hash_info", names)(**fields)
    sys.getsizeof, sys.getallocatedblocks = getsizeof_elsewhere, lambda: 23_519
    for name in ("pack", "unpack", "calcsize", "pack_into", "unpack_from", "iter_unpack"):
        setattr(struct, name, with_long_sizes(getattr(struct, name)))


def install(harness):
    """Puts all of it in place of what there is; `harness` is the namespace of the harness."""
    os.environ.clear()
    os.environ.update(
        HOME="/home/user", LANG="de_DE.UTF-8", LOGNAME="user", NO_COLOR="1", PATH="/usr/bin:/bin", PWD="/home/user",
        SHELL="/bin/sh", TERM="xterm", TMPDIR="/var/tmp", TZ="Asia/Kathmandu", USER="user", HOSTNAME="elsewhere",
    )
    install_build()
    install_files()
    install_thread()
    os.getpid = lambda: 4711
    if time.timezone == 0:
        install_local_time()
    time.tzname = ("+0545", "+0545")
    logging.getLogger("elsewhere")
    harness["_native"]["install_sizes"]()
    harness["PROGRAM"] = "imported.py"
    rename(harness)
    for name in ("run_case", "_execute"):
        harness[name] = deeper(harness[name])
