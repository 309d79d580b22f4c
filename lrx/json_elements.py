"""The exact bytes of the elements of a JSON array, whatever its strings hold: for bodies of items that are read one by
one."""

import json
import re

__all__ = ["MOST_COMMAS", "split_member", "whole_array"]

MOST_COMMAS = 1_000_000
"""In a body that is taken apart: those inside the elements count too, so this bounds the memory."""


def split_member(body: bytes, name: str) -> list[bytes] | None:
    """Return the exact bytes of each element of the array that is the only member, `name`, of an object; None for
    anything else, which `read_json` can then tell. Only the outline has been read."""
    if body.count(b",") > MOST_COMMAS:
        return None
    try:
        characters = body.decode("utf-8")
        named = rf'"{re.escape(name)}"'
        begun = re.match(rf"[ \t\r\n]*\{{[ \t\r\n]*{named}[ \t\r\n]*:[ \t\r\n]*(?=\[)", characters)
        if begun is None:
            return None
        elements, end = _elements(characters, begun.end())
    except (ValueError, RecursionError):
        return None
    # With anything else after it, such as the same key once more, it is not for us to choose.
    return elements if re.fullmatch(r"[ \t\r\n]*\}[ \t\r\n]*", characters[end:]) else None


_SCANNER = json.JSONDecoder(parse_int=str, parse_float=str, parse_constant=str)
_BETWEEN = re.compile(r"[ \t\r\n]*([,\]])[ \t\r\n]*")
_BLANK = re.compile(r"[ \t\r\n]*")


def _elements(characters: str, begin: int) -> tuple[list[bytes], int]:
    """The bytes of each element of the array that begins there, and the place after its end. Raises `ValueError`."""
    place = _after_blanks(characters, begin + 1)
    if characters.startswith("]", place):
        return [], place + 1
    elements = []
    while True:
        _, end = _SCANNER.raw_decode(characters, place)
        elements.append(characters[place:end].encode())
        found = _BETWEEN.match(characters, end)
        if found is None:
            raise ValueError("neither a comma nor the end of the array")
        if found[1] == "]":
            return elements, found.start(1) + 1
        place = found.end()


def whole_array(body: bytes) -> list[bytes] | None:
    characters = body.decode("utf-8")
    try:
        elements, end = _elements(characters, _after_blanks(characters, 0))
    except (ValueError, RecursionError):
        return None
    return elements if _after_blanks(characters, end) == len(characters) else None


def _after_blanks(characters: str, place: int) -> int:
    found = _BLANK.match(characters, place)
    return found.end() if found else place
