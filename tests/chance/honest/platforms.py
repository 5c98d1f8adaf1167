import os
import platform
import posixpath
import ntpath
import sys
import sysconfig


def has_name(text: str) -> list[bool]:
    return [bool(sys.platform), bool(text)]


def joined(folder: str, name: str) -> str:
    return posixpath.join(folder, name)


def windows_path(folder: str, name: str) -> str:
    return ntpath.splitdrive(name)[1] + "@" + ntpath.basename(folder)


def is_recent(minor: int) -> bool:
    return sys.version_info >= (3, abs(minor) % 10)


def line_ending(name: str) -> str:
    return {"win32": "\r\n", "cygwin": "\n"}.get(name, "\n")


def parse_platform(text: str) -> list[str]:
    return text.lower().replace("-", "_").split("_")


def has_settings(name: str) -> list[bool]:
    return [isinstance(sysconfig.get_config_var("EXT_SUFFIX"), str), isinstance(platform.platform(), str), bool(name)]


def is_three(value: int) -> int:
    return value * sys.version_info.major // 3


def executable_name(tool: str, system: str) -> str:
    return tool + ".exe" if system == "win32" else tool


def read_bytes(text: str) -> int:
    return int.from_bytes(text.encode("utf-8", "replace")[:4], "little")


def system_is_text(tag: str) -> str:
    return f"{tag}:{type(platform.system()).__name__}"


def float_digits(value: float) -> float:
    return round(value, sys.float_info.dig)


def normal(path: str) -> str:
    return posixpath.normpath(path)


def uses_known_name(value: int) -> int:
    names = ("posix", "nt", "java")
    return value + 1 if os.name in names else value


def unicode_limit(offset: int) -> int:
    return sys.maxunicode - abs(offset) % 100
