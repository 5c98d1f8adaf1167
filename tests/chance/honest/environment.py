import os
from pathlib import PurePosixPath


def unset_variable(default: str) -> str:
    return os.getenv("SURELY_UNSET_VARIABLE_17", default)


def unset_flag(value: int) -> int:
    return value * 2 if "SURELY_UNSET_VARIABLE_17" in os.environ else value


def own_variable(value: str) -> str:
    os.environ["SURELY_UNSET_VARIABLE_18"] = value.replace("\0", "").encode("ascii", "replace").decode()
    return os.environ.pop("SURELY_UNSET_VARIABLE_18")


def from_mapping(environment: dict[str, str], name: str) -> str:
    return environment.get(name, "missing")


def expanded_known(name: str) -> str:
    return os.path.expanduser(f"data/{name}")


def joined(folder: str, name: str) -> str:
    return os.path.join(folder, name)


def in_folder(name: str) -> str:
    return str(PurePosixPath("/srv/data") / name)


def worker_count(jobs: int) -> int:
    processors = os.cpu_count() or 1
    return max(1, min(abs(jobs) % 2, processors))


def has_process_id(value: int) -> bool:
    return os.getpid() > 0 and value == value


def parsed_settings(text: str) -> dict[str, str]:
    return dict(line.split("=", 1) for line in text.splitlines() if "=" in line)


def substituted(text: str, name: str) -> str:
    return text.replace("$USER", name)


def search(paths: list[str], name: str) -> list[str]:
    return [path.rstrip("/") + "/" + name for path in paths if path]


def is_true(text: str) -> bool:
    return text.strip().lower() in {"1", "true", "yes", "on"}


def working_folder_is_absolute(name: str) -> bool:
    return os.path.isabs(os.getcwd()) and name == name


def relative(first: str, second: str) -> str:
    return os.path.relpath(f"/srv/a/{len(first)}", f"/srv/b/{len(second)}")
