"""The outline of a broken JSON array: where its elements begin and end, by quotes and brackets alone."""

import re

from lrx.json_reader import MOST_ELEMENTS, TooManyElements

__all__ = ["begins_array", "outline"]

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
    body = _begun(body)
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
            elements.append(body[start : found.start()])
            start = found.end()
            break
        elif mark in (b"]", b"}"):
            depth -= 1
    elements.append(body[start:])
    return [element.strip(_SPACE) for element in elements if element.strip(_SPACE)]


def _begun(body: bytes) -> bytes:
    return body.removeprefix(b"\xef\xbb\xbf").lstrip(_SPACE)
