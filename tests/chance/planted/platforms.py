import errno
import os
import platform
import sys
import sysconfig


def platform_name(prefix: str) -> str:
    return prefix + sys.platform


def system_name(prefix: str) -> str:
    return prefix + platform.system()


def machine_name(prefix: str) -> str:
    return prefix + platform.machine()


def is_linux(flag: int) -> bool:
    return sys.platform.startswith("linux") and flag == flag


def host_name(user: str) -> str:
    return f"{user}@{platform.node()}"


def kernel(tag: str) -> str:
    return tag + os.uname().release


def python_version(tag: str) -> str:
    return tag + sys.version


def interpreter(script: str) -> list[str]:
    return [sys.executable, script]


def build(tag: str) -> list[str]:
    return [tag, *platform.python_build()]


def compiler(tag: str) -> str:
    return tag + platform.python_compiler()


def cache_folder(app: str) -> str:
    if sys.platform == "darwin":
        return f"~/Library/Caches/{app}"
    return f"~/.cache/{app}" if sys.platform == "linux" else f"%LOCALAPPDATA%/{app}"


def describe(tag: str) -> str:
    return f"{tag} on {platform.platform()}"


def install_prefix(name: str) -> str:
    return sys.prefix + "/" + name


def error_number(value: int) -> int:
    return errno.EAGAIN + value


def extension_suffix(name: str) -> str:
    return name + str(sysconfig.get_config_var("EXT_SUFFIX"))
