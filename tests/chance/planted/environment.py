import locale
import os
import shutil
import sys
from pathlib import Path


def home_folder(name: str) -> str:
    return os.environ.get("HOME", "/") + "/" + name


def signature(text: str) -> str:
    return f"{text} -- {os.getenv('USER', 'nobody')}"


def config_path(app: str) -> str:
    return os.path.expanduser(f"~/.config/{app}")


def expanded(name: str) -> str:
    return os.path.expandvars(f"$HOME/{name}/$LANG")


def in_working_folder(name: str) -> str:
    return os.getcwd() + os.sep + name


def absolute(name: str) -> str:
    return os.path.abspath("data/" + name.replace("\0", ""))


def resolved(part: int) -> str:
    return str(Path(f"part{part}").resolve())


def worker_count(factor: int) -> int:
    return (os.cpu_count() or 1) * 2 + factor


def lock_name(name: str) -> str:
    return f"{name}.{os.getpid()}.lock"


def login_name(greeting: str) -> str:
    try:
        return f"{greeting}, {os.getlogin()}"
    except (AttributeError, OSError):
        return greeting


def ruler(mark: str) -> str:
    return (mark or "-") * shutil.get_terminal_size().columns


def variable_count(offset: int) -> int:
    return len(os.environ) + offset


def search_path(folder: str) -> list[str]:
    return [folder, *os.get_exec_path()]


def coloured(text: str) -> str:
    return f"\x1b[1m{text}\x1b[0m" if sys.stdout.isatty() else text


def language(text: str) -> str:
    return f"{text} ({locale.getlocale()[0] or os.environ.get('LANG', 'C')})"
