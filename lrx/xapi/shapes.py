"""How a kind of JSON value is described, so that a table of properties can be read and checked.

A check looks at one value and yields a fault, with its place, for everything that is wrong in it.
"""

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field
from typing import TypeAlias

from lrx.errors import Fault
from lrx.json_reader import JsonValue
from lrx.text import Text, text

__all__ = [
    "Agreement",
    "Check",
    "Format",
    "JsonObject",
    "Shape",
    "anything",
    "array_of",
    "below",
    "boolean",
    "map_of",
    "number",
    "one_of",
    "string",
    "whole_number",
]

Check: TypeAlias = Callable[[JsonValue, str], Iterator[Fault]]
"""Given a value and its JSON pointer, yields what is wrong with it."""

JsonObject: TypeAlias = dict[str, JsonValue]

Agreement: TypeAlias = Callable[[JsonObject, str], Iterator[Fault]]
"""Given an object and its JSON pointer, yields where its properties contradict one another; each may be of any type."""


@dataclass(frozen=True, slots=True)
class Format:
    """A format of strings: the test, the sentence for a string that lacks it, and one that has it."""

    fits: Callable[[str], bool]
    sentence: Text
    example: str

    def __call__(self, value: JsonValue, pointer: str) -> Iterator[Fault]:
        if not isinstance(value, str) or not self.fits(value):
            yield Fault(pointer, "format", self.sentence, self.example)


@dataclass(frozen=True, slots=True)
class Shape:
    """An object: its properties and their checks, the sentence for each that may not be missing, and the checks of
    what must agree among them.
    """

    properties: Mapping[str, Check]
    needs: Mapping[str, Text] = field(default_factory=dict)
    agreements: tuple[Agreement, ...] = ()

    def __call__(self, value: JsonValue, pointer: str) -> Iterator[Fault]:
        if not isinstance(value, dict):
            yield _not(text("This must be a JSON object, in braces."), pointer)
            return
        for name, sentence in self.needs.items():
            if name not in value:
                yield Fault(below(pointer, name), "missing", sentence)
        for name, child in value.items():
            yield from self._property(name, child, pointer)
        for agreement in self.agreements:
            yield from agreement(value, pointer)

    def _property(self, name: str, child: JsonValue, pointer: str) -> Iterator[Fault]:
        check = self.properties.get(name)
        if check is None:
            yield _unknown(name, self.properties, pointer)
        elif child is None:
            yield Fault(below(pointer, name), "null", text("null is not allowed here. Leave the property out."))
        else:
            yield from check(child, below(pointer, name))


def anything(value: JsonValue, pointer: str) -> Iterator[Fault]:
    """Find no fault in any value."""
    yield from ()


def string(value: JsonValue, pointer: str) -> Iterator[Fault]:
    """Check that this is a string."""
    if not isinstance(value, str):
        yield _not(text("This must be a string in quotation marks."), pointer)


def boolean(value: JsonValue, pointer: str) -> Iterator[Fault]:
    """Check that this is true or false, without quotation marks."""
    if not isinstance(value, bool):
        yield _not(text("This must be true or false, without quotation marks."), pointer)


def number(value: JsonValue, pointer: str) -> Iterator[Fault]:
    """Check that this is a number, without quotation marks."""
    if isinstance(value, bool) or not isinstance(value, int | float):
        yield _not(text("This must be a number, without quotation marks."), pointer)


def whole_number(value: JsonValue, pointer: str) -> Iterator[Fault]:
    """Check that this is 0, 1, 2 and so on."""
    if isinstance(value, bool) or not isinstance(value, int) or value < 0:
        yield _not(text("This must be a whole number, 0 or more, without quotation marks."), pointer)


def one_of(*values: str) -> Check:
    """Return the check that a value is one of these strings, letter for letter."""
    choices = ", ".join(values)

    def check(value: JsonValue, pointer: str) -> Iterator[Fault]:
        if not isinstance(value, str) or value not in values:
            yield Fault(pointer, "value", text("This must be one of: {choices}.", choices=choices), choices)

    return check


def array_of(item: Check) -> Check:
    """Return the check that a value is an array whose items pass a check."""

    def check(value: JsonValue, pointer: str) -> Iterator[Fault]:
        if not isinstance(value, list):
            yield _not(text("This must be a JSON array, in brackets."), pointer)
            return
        for index, element in enumerate(value):
            yield from item(element, f"{pointer}/{index}")

    return check


def map_of(key: Format, item: Check) -> Check:
    """Return the check that a value is an object whose keys have a format and whose values pass a check."""

    def check(value: JsonValue, pointer: str) -> Iterator[Fault]:
        if not isinstance(value, dict):
            yield _not(text("This must be a JSON object, in braces."), pointer)
            return
        for name, child in value.items():
            place = below(pointer, name)
            yield from key(name, place)
            yield from item(child, place)

    return check


def below(pointer: str, name: str) -> str:
    """Return the JSON pointer (RFC 6901) of the property `name` of the object at `pointer`."""
    return f"{pointer}/{name.replace('~', '~0').replace('/', '~1')}"


def _not(sentence: Text, pointer: str) -> Fault:
    return Fault(pointer, "type", sentence)


def _unknown(name: str, known: Mapping[str, Check], pointer: str) -> Fault:
    meant = next((spelling for spelling in known if spelling.lower() == name.lower()), None)
    if meant is not None:
        sentence = text("“{name}” is spelled {meant}, capitals included.", name=name[:60], meant=meant)
    else:
        sentence = text(
            "There is no property “{name}” here. Leave it out, or move it into the extensions.", name=name[:60]
        )
    return Fault(below(pointer, name), "unknown_property", sentence, meant)
