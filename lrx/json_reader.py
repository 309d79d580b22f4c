"""JSON from outside, read as a hostile format: what cannot be kept, compared or answered exactly is refused."""

import json
import re
from collections import Counter
from collections.abc import Iterator
from math import isfinite
from typing import NoReturn, TypeAlias, cast

import msgspec

from lrx.errors import Fault, Invalid
from lrx.json_elements import MOST_COMMAS, whole_array
from lrx.text import Text, text

__all__ = [
    "DEEPEST",
    "LONGEST_NUMBER",
    "MOST_ELEMENTS",
    "MOST_VALUES",
    "JsonValue",
    "MalformedJson",
    "TooManyElements",
    "read_json",
    "split_array",
]

JsonValue: TypeAlias = "dict[str, JsonValue] | list[JsonValue] | str | int | float | bool | None"
"""What JSON can say. Whole numbers are `int` whatever their size, so they may not fit 64 bits."""

DEEPEST = 100
"""How many arrays and objects may lie inside one another."""

LONGEST_NUMBER = 300
"""How many characters a number may have."""

MOST_VALUES = 250_000
"""How many values one document may hold, counted by the marks before them. Read, a value takes a hundred times the two
bytes it can be written in."""

MOST_ELEMENTS = 10_000
"""How many elements an array may have that is split into its elements."""


class MalformedJson(Invalid):
    """The bytes are not JSON that can be read in exactly one way. The first fault says where, as a JSON pointer."""

    code = "json_malformed"


class TooManyElements(Invalid):
    """The array has more elements than are taken in one request."""

    code = "too_many_elements"

    def __init__(self) -> None:
        super().__init__(
            text("The array has more than {limit} elements. Send fewer, in several requests.", limit=MOST_ELEMENTS)
        )


def read_json(body: bytes) -> JsonValue:
    """Return the value that `body` holds, in UTF-8.

    Whole numbers stay `int`, also beyond 2**63; other numbers become `float`. Raises `MalformedJson`, and nothing else,
    for: no content, another encoding, a byte order mark, a syntax error, a key given twice (RFC 8259, 4, leaves its
    meaning open), NaN and infinities, a number too long or too large, nesting deeper than `DEEPEST`, more values than
    `MOST_VALUES`, and NUL or half of a surrogate pair in a string or a key (PostgreSQL keeps neither, UTF-8 not the
    second).
    """
    characters = _characters(body)
    if sum(map(body.count, _VALUE_MARKS)) > MOST_VALUES:
        _refuse(_TOO_MANY)
    repeats: list[_Twice] = []
    try:
        value: JsonValue = json.loads(
            characters,
            object_pairs_hook=lambda pairs: _members(pairs, repeats),
            parse_int=_whole_number,
            parse_float=_decimal_number,
            parse_constant=_no_constant,
        )
    except json.JSONDecodeError as error:
        _refuse(
            text(
                "This is not JSON: it cannot be read beyond line {line}, column {column}. Correct it there.",
                line=error.lineno,
                column=error.colno,
            ),
            cause=error,
        )
    except RecursionError as error:
        _refuse(_TOO_DEEP, cause=error)
    # Looking at every value costs more than reading them all, so only where there is a reason to.
    if repeats or _SUSPECT_ESCAPE.search(characters) or _is_too_deep(value):
        for pointer, sentence in _flaws(value):
            _refuse(sentence, pointer)
    return value


def split_array(body: bytes) -> list[bytes] | None:
    """Return the exact bytes of each element of an array, or None when `body` holds something else.

    Raises `MalformedJson` and, beyond `MOST_ELEMENTS`, `TooManyElements`. For an array, only its outline has been read:
    give every element to `read_json`, which says what is wrong with that one and leaves its neighbours alone.
    """
    if not _characters(body).lstrip(" \t\r\n").startswith("["):
        read_json(body)
        return None
    if body.count(b",") > MOST_COMMAS:
        raise TooManyElements
    try:
        elements = msgspec.json.decode(body, type=list[msgspec.Raw])
    except msgspec.DecodeError as error:
        # Half of a surrogate pair makes the whole unreadable for it, and is the fault of one element.
        if (found := whole_array(body)) is not None:
            return found
        _refuse(text("This is not a JSON array: a part of it cannot be read. Correct it."), cause=error)
    except RecursionError as error:
        _refuse(_TOO_DEEP, cause=error)
    if len(elements) > MOST_ELEMENTS:
        raise TooManyElements
    return [bytes(element) for element in elements]


_BYTE_ORDER_MARK = b"\xef\xbb\xbf"
_TOO_DEEP = text("The JSON is nested more than {limit} levels deep. Flatten it.", limit=DEEPEST)
_TOO_LONG = text("A number has more than {limit} characters. Shorten it, or send it as a string.", limit=LONGEST_NUMBER)
_TOO_MANY = text("The JSON holds more than {limit} values. Send it in parts.", limit=MOST_VALUES)
_VALUE_MARKS = (b",", b"[", b"{")
_CONTAINERS = (dict, list)
_SUSPECT_ESCAPE = re.compile(r"\\u(?:0000|[dD][89a-fA-F])")
_UNKEEPABLE = re.compile("[\0\ud800-\udfff]")

_Path: TypeAlias = "tuple[_Path, str | int] | None"


class _Twice(dict[str, JsonValue]):
    """An object in which `key` was given twice: kept until its place in the document is known."""

    key: str


def _refuse(sentence: Text, pointer: str = "", cause: Exception | None = None) -> NoReturn:
    raise MalformedJson(sentence, faults=(Fault(pointer, MalformedJson.code, sentence),)) from cause


def _characters(body: bytes) -> str:
    if not body.strip(b" \t\r\n"):
        _refuse(text("There is no content. Send JSON."))
    if body.startswith(_BYTE_ORDER_MARK):
        _refuse(text("The JSON starts with a byte order mark. Save it as UTF-8 without one."))
    try:
        return body.decode("utf-8")
    except UnicodeDecodeError as error:
        _refuse(text("The JSON is not UTF-8: byte {position} is wrong.", position=error.start + 1), cause=error)


def _members(pairs: list[tuple[str, JsonValue]], repeats: list[_Twice]) -> dict[str, JsonValue]:
    members = dict(pairs)
    if len(members) == len(pairs):
        return members
    repeated = _Twice(members)
    repeated.key = next(key for key, times in Counter(key for key, _ in pairs).items() if times > 1)
    repeats.append(repeated)
    return repeated


def _whole_number(digits: str) -> int:
    if len(digits) > LONGEST_NUMBER:
        _refuse(_TOO_LONG)
    return int(digits)


def _decimal_number(digits: str) -> float:
    if len(digits) > LONGEST_NUMBER:
        _refuse(_TOO_LONG)
    number = float(digits)
    if not isfinite(number):
        _refuse(text("A number is too large to be kept. Send it as a string."))
    return number


def _no_constant(name: str) -> NoReturn:
    _refuse(text("{name} is not a number in JSON. Leave it out.", name=name))


def _is_too_deep(root: JsonValue) -> bool:
    level: list[JsonValue] = [root] if isinstance(root, _CONTAINERS) else []
    depth = 0
    while level and depth <= DEEPEST:
        depth += 1
        level = [
            child
            for value in level
            for child in (value.values() if isinstance(value, dict) else cast("list[JsonValue]", value))
            if isinstance(child, _CONTAINERS)
        ]
    return depth > DEEPEST


def _flaws(root: JsonValue) -> Iterator[tuple[str, Text]]:
    """Yield what the syntax allows and we do not, with where it is. No recursion: the depth is the sender's."""
    waiting: list[tuple[JsonValue, _Path, int]] = [(root, None, 1)]
    while waiting:
        value, path, depth = waiting.pop()
        if isinstance(value, str):
            if _UNKEEPABLE.search(value):
                yield _pointer(path), _unkeepable(value)
        elif isinstance(value, dict):
            for key in value:
                if _UNKEEPABLE.search(key):
                    yield _pointer(path), _unkeepable(key)
            if isinstance(value, _Twice):
                sentence = text("The key “{key}” is given twice in one object. Keep one of them.", key=value.key[:60])
                yield _pointer((path, value.key)), sentence
            waiting.extend((child, (path, key), depth + 1) for key, child in value.items())
        elif isinstance(value, list):
            waiting.extend((child, (path, index), depth + 1) for index, child in enumerate(value))
        else:
            continue
        if depth > DEEPEST and not isinstance(value, str):
            yield _pointer(path), _TOO_DEEP


def _unkeepable(string: str) -> Text:
    if "\0" in string:
        return text("A string holds the character NUL (\\u0000). Remove it.")
    return text("A string holds half of a surrogate pair (\\ud800 to \\udfff). Send the whole character.")


def _pointer(path: _Path) -> str:
    """Return the JSON pointer (RFC 6901) of a value from the keys that lead to it."""
    steps: list[str] = []
    while path is not None:
        path, key = path
        steps.append("/" + str(key).replace("~", "~0").replace("/", "~1"))
    return "".join(reversed(steps))
