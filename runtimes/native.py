"""Stands in for what programs know of native machines and this one lacks: threads, 64-bit sizes, alarms, and stdin as a file.

A thread runs when it is started, and has ended then: programs that start threads to compute, and wait for them, do not notice.
`install` puts it all in place, for one job; nothing here changes anything before.
"""

import _thread
import array
import bisect
import builtins
import importlib
import importlib.machinery
import io
import itertools
import os
import sys
import threading
import traceback
import types


def optional(name):
    """A module of the library, or `None` in a build that lacks it."""
    try:
        return importlib.import_module(name)
    except ImportError:
        return None


mmap, select, signal = map(optional, ("mmap", "select", "signal"))
pools = optional("concurrent.futures.thread")
STDIN = ("/dev/stdin", "/dev/fd/0", "/proc/self/fd/0")
LONGS = {"l": "q", "L": "Q"}
MAX_SIZE = 2**63 - 1
GUEST_MAX_SIZE = sys.maxsize


def start(thread):
    if thread._started.is_set():
        raise RuntimeError("threads can only be started once")
    thread._started.set()
    try:
        thread.run()
    except SystemExit:
        pass
    except Exception:
        threading.excepthook(threading.ExceptHookArgs((*sys.exc_info(), thread)))


def join(thread, timeout=None):
    if not thread._started.is_set():
        raise RuntimeError("cannot join thread before it is started")


def start_new_thread(function, args, kwargs={}):
    try:
        function(*args, **kwargs)
    except SystemExit:
        pass
    except Exception:
        traceback.print_exc()
    return 1


def run_timer(timer):
    if not timer.finished.is_set():
        timer.function(*timer.args, **timer.kwargs)
    timer.finished.set()


def wait(condition, timeout=None):
    """Nobody else could notify: an endless wait is an error, since this machine would stop there."""
    if timeout is None:
        raise RuntimeError("waits for a thread that does not run")
    return False


init_executor = pools and pools.ThreadPoolExecutor.__init__


def create_executor(executor, max_workers=None, thread_name_prefix="", initializer=None, initargs=()):
    init_executor(executor, max_workers, thread_name_prefix)
    if initializer is not None:
        initializer(*initargs)


def submit(executor, function, /, *args, **kwargs):
    if executor._shutdown:
        raise RuntimeError("cannot schedule new futures after shutdown")
    future = pools._base.Future()
    future.set_running_or_notify_cancel()
    try:
        future.set_result(function(*args, **kwargs))
    except BaseException as error:
        future.set_exception(error)
    return future


class Result:
    """The result of a call that a pool has made."""

    def __init__(self, function, args, kwargs, callback=None, error_callback=None):
        self.value = self.error = None
        try:
            self.value = function(*args, **kwargs)
        except Exception as error:
            self.error = error
        called = callback if self.error is None else error_callback
        if called is not None:
            called(self.value if self.error is None else self.error)

    def get(self, timeout=None):
        if self.error is not None:
            raise self.error
        return self.value

    def wait(self, timeout=None):
        pass

    def ready(self):
        return True

    def successful(self):
        return self.error is None


class ThreadPool:
    """`multiprocessing.pool.ThreadPool`, whose calls are made at once."""

    def __init__(self, processes=None, initializer=None, initargs=(), *others, **options):
        self.is_open = True
        if initializer is not None:
            initializer(*initargs)

    def apply_async(self, func, args=(), kwds={}, callback=None, error_callback=None):
        if not self.is_open:
            raise ValueError("Pool not running")
        return Result(func, args, kwds, callback, error_callback)

    def starmap_async(self, func, iterable, chunksize=None, callback=None, error_callback=None):
        every = lambda: [func(*args) for args in iterable]
        return self.apply_async(every, callback=callback, error_callback=error_callback)

    def map_async(self, func, iterable, chunksize=None, callback=None, error_callback=None):
        return self.starmap_async(func, zip(iterable), chunksize, callback, error_callback)

    def apply(self, func, args=(), kwds={}):
        return self.apply_async(func, args, kwds).get()

    def map(self, func, iterable, chunksize=None):
        return self.map_async(func, iterable).get()

    def starmap(self, func, iterable, chunksize=None):
        return self.starmap_async(func, iterable).get()

    def imap(self, func, iterable, chunksize=1):
        return iter(self.map(func, iterable))

    imap_unordered = imap

    def close(self):
        self.is_open = False

    terminate = close

    def join(self):
        pass

    def __enter__(self):
        return self

    def __exit__(self, *raised):
        self.close()


class PoolFinder:
    """Loads `multiprocessing.pool`, which few programs need: its pools, of processes as well, make their calls here."""

    @staticmethod
    def find_spec(name, path=None, target=None):
        return importlib.machinery.ModuleSpec(name, PoolFinder) if name == "multiprocessing.pool" else None

    @staticmethod
    def create_module(spec):
        return None

    @staticmethod
    def exec_module(module):
        module.ThreadPool = module.Pool = ThreadPool
        module.AsyncResult = module.ApplyResult = module.MapResult = Result


Islice, Array, IncompleteMap = itertools.islice, array.array, mmap and mmap.mmap


class islice(Islice):
    """Takes bounds that are valid on 64 bits; more items than this machine counts never come."""

    __slots__ = ()

    def __new__(cls, iterable, *bounds):
        is_size = lambda bound: type(bound) is int and GUEST_MAX_SIZE < bound <= MAX_SIZE
        return Islice.__new__(cls, iterable, *(GUEST_MAX_SIZE if is_size(bound) else bound for bound in bounds))


class ArrayType(type):
    def __instancecheck__(cls, value):
        return isinstance(value, Array)


class array_of_longs(Array, metaclass=ArrayType):
    """`array.array` with items of 8 bytes for the type code `l`."""

    def __new__(cls, typecode, *initial):
        return Array.__new__(cls, LONGS.get(typecode, typecode), *initial)


array_of_longs.__name__ = array_of_longs.__qualname__ = "array"
array_of_longs.__module__ = "array"


def length(sequence):
    if type(sequence) is range:
        start, stop, step = sequence.start, sequence.stop, sequence.step
        return max(0, (stop - start + step - (1 if step > 0 else -1)) // step)
    return len(sequence)


def wide(search, is_left):
    """A search that goes on where the machine's own cannot count so far."""

    def found(a, x, lo=0, hi=None, *, key=None):
        end = length(a) if hi is None else hi
        if max(lo, end) <= GUEST_MAX_SIZE:
            return search(a, x, lo, hi, key=key)
        if lo < 0:
            raise ValueError("lo must be non-negative")
        hi = end
        while lo < hi:
            middle = (lo + hi) // 2
            item = a[middle] if key is None else key(a[middle])
            if item < x if is_left else not x < item:
                lo = middle + 1
            else:
                hi = middle
        return lo

    found.__name__ = found.__qualname__ = search.__name__
    return found


class mapped_stdin(io.BytesIO):
    """`mmap.mmap` of stdin."""

    def __init__(self, fileno, length, *args, **kwargs):
        if fileno != 0:
            IncompleteMap(fileno, length, *args, **kwargs)
        super().__init__(open_file(0, "rb", closefd=False).read())

    def __len__(self):
        return len(self.getbuffer())

    size = __len__

    def __getitem__(self, key):
        return self.getvalue()[key]

    def find(self, sub, start=None, end=None):
        return self.getvalue().find(sub, self.tell() if start is None else start, end)


open_file, open_descriptor = io.open, os.open


def is_stdin(file):
    try:
        return not isinstance(file, int) and os.fspath(file) in STDIN
    except TypeError:
        return False


def open_any(file, *args, **kwargs):
    if is_stdin(file):
        file = 0
        if len(args) < 6:
            kwargs["closefd"] = False
    return open_file(file, *args, **kwargs)


open_any.__name__ = open_any.__qualname__ = "open"


def open_any_descriptor(path, flags, mode=0o777, *, dir_fd=None):
    return 0 if is_stdin(path) else open_descriptor(path, flags, mode, dir_fd=dir_fd)


def resource():
    module = types.ModuleType("resource")
    limits = "CPU FSIZE DATA STACK CORE RSS NPROC NOFILE MEMLOCK AS".split()
    vars(module).update({"RLIMIT_" + name: number for number, name in enumerate(limits)})
    module.RLIM_INFINITY, module.RUSAGE_SELF, module.RUSAGE_CHILDREN = -1, 0, -1
    module.error = OSError
    module.setrlimit = lambda resource, limits: None
    module.getrlimit = lambda resource: (-1, -1)
    module.getrusage = lambda who: types.SimpleNamespace(ru_utime=0.0, ru_stime=0.0, ru_maxrss=0)
    return module


def install_sizes():
    """Lets sizes and longs have 64 bits, as far as programs see them."""
    sys.maxsize = MAX_SIZE
    itertools.islice = islice
    array.array = array.ArrayType = array_of_longs
    for name, alias in (("bisect_left", None), ("bisect_right", "bisect")):
        search = wide(getattr(bisect, name), name == "bisect_left")
        setattr(bisect, name, search)
        if alias is not None:
            setattr(bisect, alias, search)


def install(harness_builtins):
    try:
        sys.stdout.reconfigure(line_buffering=False)  # a pipe, as graders have it: `os._exit` drops what was not flushed
    except AttributeError:
        pass  # a build with streams of its own
    if sys.maxsize != MAX_SIZE:
        install_sizes()
    threading.Thread.start, threading.Thread.join = start, join
    threading.Thread.is_alive = lambda thread: False
    threading.stack_size = lambda size=0: 0
    threading.Timer.run, threading.Condition.wait = run_timer, wait
    _thread.start_new_thread = _thread.start_new = start_new_thread
    _thread.stack_size = threading.stack_size
    if pools:
        pools.ThreadPoolExecutor.__init__, pools.ThreadPoolExecutor.submit = create_executor, submit
    sys.meta_path.insert(0, PoolFinder)
    if signal:
        signal.alarm = lambda seconds: 0
        signal.setitimer = lambda which, seconds, interval=0.0: (0.0, 0.0)
        signal.ITIMER_REAL, signal.ITIMER_VIRTUAL, signal.ITIMER_PROF = range(3)
    sys.modules.setdefault("resource", resource())
    harness_builtins["open"] = builtins.open = io.open = open_any
    os.open = open_any_descriptor
    if select:
        select.select = lambda r, w, x, timeout=None: (list(r), list(w), [])
    if mmap:
        mmap.mmap = mapped_stdin
