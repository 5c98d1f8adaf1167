CODES = {
    "continue": 100, "ok": 200, "created": 201, "accepted": 202, "no content": 204, "moved": 301,
    "found": 302, "see other": 303, "bad request": 400, "forbidden": 403, "not found": 404, "gone": 410,
}


def code(name: str) -> int | None:
    return CODES.get(name)
