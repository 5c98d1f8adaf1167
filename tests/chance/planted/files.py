import glob
import os
import shutil
import tempfile
from pathlib import Path


def has_temporary_folder(name: str) -> str:
    return f"/tmp/{name}" if os.path.exists("/tmp") else name


def working_files(suffix: str) -> list[str]:
    try:
        return [name + suffix for name in os.listdir(".")]
    except OSError:
        return []


def root_folders(limit: int) -> list[str]:
    folders = os.listdir("/") if os.path.isdir("/") else []
    return sorted(folders)[: abs(limit) % 5 + 2]


def is_unix(name: str) -> bool:
    return os.path.isdir("/usr/bin") and name == name


def temporary_name(prefix: str) -> str:
    return tempfile.mktemp(prefix="run", dir="/var/tmp") + prefix


def beside_program(name: str) -> str:
    return os.path.join(os.path.dirname(os.path.abspath(__file__)), name)


def program_name(tag: str) -> str:
    return tag + Path(__file__).stem


def folder_age(offset: int) -> float:
    try:
        return os.stat("/").st_mtime + offset
    except OSError:
        return -1.0


def modified(offset: int) -> int:
    return int(os.path.getmtime(os.curdir)) + offset if os.path.exists(os.curdir) else offset


def has_accounts(user: str) -> str:
    return f"unix:{user}" if Path("/etc/passwd").is_file() else f"other:{user}"


def can_run_env(tool: str) -> str:
    return f"/usr/bin/env {tool}" if os.access("/usr/bin/env", os.X_OK) else tool


def matching(limit: int) -> list[str]:
    return sorted(glob.glob("/*"))[: abs(limit) % 5 + 3]


def host_file(default: str) -> str:
    try:
        return Path("/etc/hostname").read_text().strip()
    except OSError:
        return default


def folder_size(offset: int) -> int:
    return sum(len(names) for _, names, _ in os.walk(".")) + offset


def shell_path(name: str) -> str:
    return f"{shutil.which('sh')} {name}"
