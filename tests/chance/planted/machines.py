import getpass
import importlib
import inspect
import os
import socket
import sys
import tempfile
import time

try:
    import ssl
except ImportError:
    ssl = None

try:
    import resource
except ImportError:
    resource = None


def host(user: str) -> str:
    return f"{user}@{socket.gethostname()}"


def is_named(name: str) -> bool:
    return socket.gethostname() == "localhost" and name == name


def can_fork(jobs: int) -> int:
    return jobs if hasattr(os, "fork") else 1


def user_number(default: int) -> int:
    try:
        return os.getuid()
    except AttributeError:
        return default


def scheme(host: str) -> str:
    return ("https://" if ssl else "http://") + host


def has_limits(value: int) -> bool:
    return resource is not None and value == value


def has_terminal(columns: int) -> bool:
    try:
        importlib.import_module("termios")
    except ImportError:
        return False
    return columns == columns


def is_saved(text: str) -> bool:
    try:
        with open("/tmp/notes.txt", "w") as file:
            file.write(text)
    except OSError:
        return False
    return True


def scratch(text: str) -> str:
    try:
        with tempfile.TemporaryFile("w+") as file:
            file.write(text)
        return "kept"
    except OSError:
        return "lost"


def make_folder(name: str) -> str:
    try:
        os.mkdir("/tmp/" + str(abs(hash(name) * 0)))
    except FileNotFoundError:
        return "missing"
    except OSError:
        return "failed"
    return name


def is_summer(hour: int) -> int:
    return hour + time.localtime().tm_isdst


def saves_daylight(hour: int) -> bool:
    return bool(time.daylight) and hour == hour


def start_options(name: str) -> list[str]:
    return [name, *map(str, sys.flags)]


def is_utf8_mode(text: str) -> bool:
    return sys.flags.utf8_mode == 1 and text == text


def own_source(value: int) -> str:
    try:
        return inspect.getsource(own_source)[:3] + str(value)
    except OSError:
        return f"no source {value}"
