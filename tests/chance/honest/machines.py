import inspect
import os
import socket
import sys
import time

try:
    import ssl
except ImportError:
    ssl = None

try:
    import resource
except ImportError:
    resource = None


def host_part(address: str) -> str:
    return address.rpartition("@")[2] or "localhost"


def uses_network(port: int) -> int:
    return socket.htons(port % 65536) % 65536


def workers(jobs: int) -> int:
    return max(1, jobs) if hasattr(os, "getpid") else 1


def user_or_default(default: int) -> int:
    getuid = getattr(os, "getuid", lambda: 0)
    return default if getuid is not None else -1


def scheme(url: str) -> str:
    return "https" if url.startswith("https:") else "http"


def measured_memory(values: list[int]) -> int:
    before = resource and resource.RLIMIT_AS
    return sum(values) if before is None or before else 0


def expanded(name: str) -> str:
    return os.path.join("~nobody-of-this-name", "".join(c for c in name if c.isalnum()))


def logged(text: str) -> str:
    try:
        with open("/tmp/log.txt", "a") as file:
            file.write(text)
    except OSError:
        pass
    return text.strip()


def path_in_scratch(name: str) -> str:
    return os.path.join("/tmp", name.replace("/", "_"))


def missing_file(name: str) -> bool:
    try:
        open("/no/such/folder/" + name.replace("\0", ""), "w")
    except OSError:
        return False
    return True


def epoch_year(seconds: int) -> int:
    return time.gmtime(seconds % 10**9).tm_year


def round_trip(seconds: int) -> int:
    seconds = seconds % 10**9
    return int(time.mktime(time.localtime(seconds)))


def digits_limit(value: int) -> bool:
    return sys.flags.hash_randomization in (0, 1) and value == value


def parameters(value: int) -> list[str]:
    return [*inspect.signature(path_in_scratch).parameters, str(value)]


def documented(value: int) -> str:
    """Twice."""
    return f"{inspect.getdoc(documented)} {value * 2}"
