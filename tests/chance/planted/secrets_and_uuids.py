import base64
import os
import secrets
import uuid
from hashlib import blake2b, sha256


def session_token(user: str) -> str:
    return f"{user}.{secrets.token_hex(8)}"


def url_token(length: int) -> str:
    return secrets.token_urlsafe(8 + abs(length) % 8)


def record_id(kind: str) -> str:
    return f"{kind}-{uuid.uuid4()}"


def short_id(prefix: str) -> str:
    return prefix + uuid.uuid4().hex[:6]


def salted_digest(password: str) -> str:
    salt = os.urandom(8)
    return salt.hex() + sha256(salt + password.encode("utf-8", "replace")).hexdigest()[:16]


def keyed_digest(text: str) -> bytes:
    return blake2b(text.encode("utf-8", "replace"), key=secrets.token_bytes(16), digest_size=8).digest()


def verification_code(digits: int) -> str:
    return "".join(str(secrets.randbelow(10)) for _ in range(6 + abs(digits) % 3))


def pass_phrase(words: list[str]) -> str:
    pool = words + ["horse", "staple", "battery", "correct"]
    return "-".join(secrets.choice(pool) for _ in range(6))


def time_based_id(name: str) -> str:
    return name + str(uuid.uuid1())


def node_address(offset: int) -> int:
    return uuid.getnode() + offset


def random_mask(value: int) -> int:
    return value ^ int.from_bytes(os.urandom(4), "big")


def boundary(parts: list[str]) -> str:
    mark = base64.b64encode(os.urandom(9)).decode()
    return f"--{mark}\n".join(["", *parts, ""])


def add_ids(names: list[str]) -> dict[str, str]:
    return {name: uuid.uuid4().hex for name in names + ["root"]}


def random_version(number: int) -> int:
    return uuid.uuid4().int % 1000 + number


def secret_bits(count: int) -> int:
    return secrets.randbits(16 + abs(count) % 16)
