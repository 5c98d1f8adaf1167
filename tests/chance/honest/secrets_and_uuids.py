import base64
import hashlib
import hmac
import secrets
import string
import uuid


def named_id(name: str) -> str:
    return str(uuid.uuid5(uuid.NAMESPACE_DNS, name.encode("utf-8", "replace").decode()))


def older_named_id(name: str) -> str:
    return uuid.uuid3(uuid.NAMESPACE_URL, name.encode("utf-8", "replace").decode()).hex


def id_from_number(number: int) -> str:
    return str(uuid.UUID(int=abs(number)))


def id_version(number: int) -> int:
    return uuid.UUID(int=abs(number) % 2**64, version=4).version


def parsed_id(digits: str) -> str | None:
    try:
        return uuid.UUID(digits.zfill(32)).urn
    except ValueError:
        return None


def safe_compare(left: str, right: str) -> bool:
    return secrets.compare_digest(left.encode("utf-8", "replace"), right.encode("utf-8", "replace"))


def signed(message: str) -> str:
    return hmac.new(b"fixed key", message.encode("utf-8", "replace"), hashlib.sha256).hexdigest()[:16]


def salted_digest(password: str, salt: str) -> str:
    return hashlib.sha256(f"{salt}:{password}".encode("utf-8", "replace")).hexdigest()


def keyed_digest(text: str) -> str:
    return hashlib.blake2b(text.encode("utf-8", "replace"), key=b"k", digest_size=8).hexdigest()


def short_code(number: int) -> str:
    alphabet, code = string.digits + string.ascii_lowercase, ""
    number = abs(number)
    while number:
        number, digit = divmod(number, 36)
        code = alphabet[digit] + code
    return code or "0"


def token_for(user: str) -> str:
    return base64.urlsafe_b64encode(user.encode("utf-8", "replace")).decode().rstrip("=")


def derived_key(seed: int) -> bytes:
    key = seed.to_bytes(16, "big", signed=True)
    for _ in range(5):
        key = hashlib.sha1(key).digest()
    return key


def ids_sort_like_numbers(numbers: list[int]) -> bool:
    ids = [uuid.UUID(int=abs(number)) for number in numbers]
    return sorted(ids) == sorted(ids, key=lambda found: found.int)


def id_length(prefix: str) -> int:
    return len(prefix + uuid.uuid4().hex)


def one_time_code(counter: int) -> str:
    digest = hmac.new(b"secret", abs(counter).to_bytes(16, "big"), hashlib.sha1).digest()
    offset = digest[-1] & 15
    return str(int.from_bytes(digest[offset : offset + 4], "big") & 0x7FFFFFFF)[-6:]
