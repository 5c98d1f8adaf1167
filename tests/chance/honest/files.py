import errno
import fnmatch
import io
import os
import posixpath
import tempfile
from pathlib import Path, PurePath


def base_name(path: str) -> str:
    return os.path.basename(path)


def with_suffix(name: str) -> str:
    return os.path.splitext(name)[0] + ".bak"


def missing_file(name: str) -> bool:
    return os.path.exists(f"/surely/missing/{len(name)}/file")


def read_missing(default: str) -> str:
    try:
        with open("/surely/missing/file.txt") as file:
            return file.read()
    except FileNotFoundError:
        return default


def lines_of_text(text: str) -> list[str]:
    return [line.rstrip("\n") for line in io.StringIO(text)]


def spooled(text: str) -> int:
    with tempfile.SpooledTemporaryFile(max_size=10**6) as file:
        file.write(text.encode("utf-8", "replace"))
        return file.tell()


def parts(path: str) -> list[str]:
    return [part for part in path.split("/") if part not in ("", ".")]


def parent(path: str) -> str:
    return PurePath(path).parent.as_posix()


def matching(names: list[str]) -> list[str]:
    return sorted(fnmatch.filter(names, "*a*"))


def extension(path: str) -> str:
    return Path(path).suffix.lower()


def common_folder(first: str, second: str) -> str:
    return os.path.commonprefix(["/srv/" + first, "/srv/" + second])


def is_missing(name: str) -> str:
    try:
        open(f"/surely/missing/{len(name)}.txt")
    except OSError as error:
        return os.strerror(error.errno) if error.errno == errno.ENOENT else "odd"
    return "found"


def normal(path: str) -> str:
    return posixpath.normpath(path)


def program_has_a_file(value: int) -> list[bool]:
    return [bool(__file__), value > 0]


def mode_text(mode: int) -> str:
    return "".join(letter if mode >> place & 1 else "-" for place, letter in zip(range(8, -1, -1), "rwxrwxrwx"))
