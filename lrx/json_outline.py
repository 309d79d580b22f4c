"""The outline of a broken JSON array: where its elements begin and end, by quotes and brackets alone."""

import re

from lrx.json_reader import MOST_ELEMENTS, TooManyElements

__all__ = ["begins_array", "outline", "outlined_array", "outlined_member"]

_MARK = re.compile(rb'\\.|["\[\]{},]', re.DOTALL)
_SPACE = b" \t\r\n"


def begins_array(body: bytes) -> bool:
    """Whether `body` begins as an array, a byte order mark aside."""
    return _begun(body).startswith(b"[")


def outline(body: bytes) -> list[bytes]:
    """Return the bytes of each element of what begins as an array, whatever is wrong inside them.

    Nothing is left out: what follows the end of the array is an element of its own, and an array that breaks off ends
    with what there is of its last element. `body` is one that `begins_array`. Raises `TooManyElements` when one more
    follows on `MOST_ELEMENTS`.
    """
    elements, behind = _pieces(_begun(body))
    return [piece for piece in (*elements, behind) if piece]


def _pieces(body: bytes) -> tuple[list[bytes], bytes | None]:
    """What stands between the commas, blank where nothing does, and what follows the array; None if it breaks off."""
    elements: list[bytes] = []
    start, depth, in_string = 1, 0, False
    for found in _MARK.finditer(body, 1):
        mark = found.group()
        if mark == b'"':
            in_string = not in_string
        elif in_string or len(mark) > 1:
            continue
        elif mark in (b"[", b"{"):
            depth += 1
        elif mark == b"," and depth == 0:
            elements.append(body[start : found.start()])
            start = found.end()
            if len(elements) >= MOST_ELEMENTS:
                raise TooManyElements
        elif mark in (b"]", b"}") and depth == 0:
            pieces = [*elements, body[start : found.start()]]
            return [piece.strip(_SPACE) for piece in pieces], body[found.end() :].strip(_SPACE)
        elif mark in (b"]", b"}"):
            depth -= 1
    return [piece.strip(_SPACE) for piece in (*elements, body[start:])], None


def outlined_array(body: bytes) -> list[bytes] | None:
    """Return the bytes of each element of an array, whatever is wrong inside them; None for what is no array from end
    to end, or has nothing between two commas. Raises `TooManyElements`."""
    body = body.strip(_SPACE)
    if not (body.startswith(b"[") and body.endswith(b"]")):
        return None
    elements, behind = _pieces(body)
    return elements if behind == b"" and all(elements) else None


def outlined_member(body: bytes, name: str) -> list[bytes] | None:
    """Return the same for the array that is the only member, `name`, of an object."""
    found = re.fullmatch(
        rb'\{[ \t\r\n]*"' + re.escape(name.encode()) + rb'"[ \t\r\n]*:(.*)\}', body.strip(_SPACE), re.DOTALL
    )
    return outlined_array(found[1]) if found else None


def _begun(body: bytes) -> bytes:
    return body.removeprefix(b"\xef\xbb\xbf").lstrip(_SPACE)
