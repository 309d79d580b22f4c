"""Numbers that are nearly another: what an administrator should look at when an OCI ID is not found.

Nothing here decides that two numbers mean one person; it only says how they differ. Comes after `oci_id`.
"""

from collections.abc import Callable, Mapping
from types import MappingProxyType
from typing import Literal

from lrx.oci_id import OciId

__all__ = ["Kind", "kind", "neighbours"]

Kind = Literal[
    "same_number_other_college", "leading_zeros", "digits_swapped", "digit_changed", "digit_missing", "digit_added"
]
"""How a held number differs from the one asked for."""

DIGITS = tuple("0123456789")
ZEROS = 4
"""How many leading zeros a spreadsheet is believed to have dropped, or a person to have added."""


def neighbours(oci_id: OciId) -> frozenset[str]:
    """Return the numbers one slip away from this one: a digit changed, missing or added, two neighbouring digits
    swapped, up to four leading zeros added or dropped. The number itself is not among them."""
    return frozenset().union(*(numbers(oci_id.number) for numbers in _SLIPS.values()))


def kind(asked: OciId, held: OciId) -> Kind | None:
    """Say what must happen to the number asked for to get the number held, or `None` where it is more than one slip.

    `digit_missing`: the number held is the one asked for with a digit missing; `digit_added`: it has one more.
    Different colleges are compared only for the very same number. `None` too where both are equal.
    """
    if asked.prefix != held.prefix:
        return "same_number_other_college" if asked.number == held.number else None
    return next((slip for slip, numbers in _SLIPS.items() if held.number in numbers(asked.number)), None)


def _leading_zeros(number: str) -> set[str]:
    added = {"0" * count + number for count in range(1, ZEROS + 1) if number[:1] in DIGITS}
    dropped = {number[count:] for count in range(1, ZEROS + 1) if number.startswith("0" * count)}
    return added | {rest for rest in dropped if rest[:1] and rest[0] in DIGITS}


def _digits_swapped(number: str) -> set[str]:
    pairs = [at for at in _digits(number) if number[at + 1 : at + 2] in DIGITS]
    return {number[:at] + number[at + 1] + number[at] + number[at + 2 :] for at in pairs} - {number}


def _digit_changed(number: str) -> set[str]:
    return {number[:at] + digit + number[at + 1 :] for at in _digits(number) for digit in DIGITS} - {number}


def _digit_missing(number: str) -> set[str]:
    # A group of one digit keeps it: 123-4 without the 4 would end in a hyphen, which no number does.
    shorter = {number[:at] + number[at + 1 :] for at in _digits(number)}
    return {rest for rest in shorter if _digits(rest) and all(rest.replace("-", " ").split(" "))}


def _digit_added(number: str) -> set[str]:
    places = {place for at in _digits(number) for place in (at, at + 1)}
    return {number[:place] + digit + number[place:] for place in places for digit in DIGITS}


def _digits(number: str) -> list[int]:
    return [at for at, character in enumerate(number) if character in DIGITS]


# The order is that of the answers: a zero in front is a leading zero before it is a digit added.
_SLIPS: Mapping[Kind, Callable[[str], set[str]]] = MappingProxyType(
    {
        "leading_zeros": _leading_zeros,
        "digits_swapped": _digits_swapped,
        "digit_changed": _digit_changed,
        "digit_missing": _digit_missing,
        "digit_added": _digit_added,
    }
)
