"""Numbers that are nearly another."""

import re
from typing import get_args

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from lrx.near_misses import Kind, kind, neighbours
from lrx.oci_id import NUMBER, OciId

numbers = st.from_regex(r"(?:[A-C] )?[0-9]{1,7}(?:-[0-9]{1,2})?", fullmatch=True, alphabet=st.characters(codec="ascii"))
close_numbers = st.text("012", min_size=1, max_size=6)


def cpso(number: str) -> OciId:
    return OciId("CA", "ON", "CPSO", number)


@pytest.mark.parametrize(
    ("asked", "held", "slip"),
    [
        ("12345", "123456", "digit_added"),
        ("123456", "12345", "digit_missing"),
        ("54312", "54321", "digits_swapped"),
        ("54321", "54331", "digit_changed"),
        ("001234", "1234", "leading_zeros"),
        ("1234", "001234", "leading_zeros"),
        ("01234", "1234", "leading_zeros"),
        ("123-45", "132-45", "digits_swapped"),
        ("123-45", "123-4", "digit_missing"),
        ("A 123", "A 1234", "digit_added"),
        ("12345", "12345", None),
        ("12345", "1234567", None),
        ("12345", "21354", None),
        ("12345", "13245-1", None),
        ("12345", "A2345", None),
        ("A 123", "B 123", None),
        ("123-4", "124-3", None),
        ("100000", "1", None),
    ],
)
def test_the_kind_is_what_must_happen_to_what_was_asked(asked: str, held: str, slip: Kind | None) -> None:
    assert kind(cpso(asked), cpso(held)) == slip


def test_the_same_number_at_another_college_is_a_kind_of_its_own() -> None:
    assert kind(cpso("12345"), OciId("CA", "ON", "RCDSO", "12345")) == "same_number_other_college"
    assert kind(cpso("12345"), OciId("CA", "QC", "CPSO", "12345")) == "same_number_other_college"


def test_near_numbers_of_different_colleges_are_not_near() -> None:
    assert kind(cpso("12345"), OciId("CA", "ON", "RCDSO", "12346")) is None


def test_the_neighbours_of_a_short_number_are_all_there() -> None:
    changed = {"02", "22", "32", "42", "52", "62", "72", "82", "92"} | {f"1{digit}" for digit in "013456789"}
    added = {f"{d}12" for d in "0123456789"} | {f"1{d}2" for d in "0123456789"} | {f"12{d}" for d in "0123456789"}
    zeros = {"012", "0012", "00012", "000012"}
    assert neighbours(cpso("12")) == changed | added | zeros | {"21", "1", "2"}


def test_a_single_digit_is_never_dropped() -> None:
    assert "" not in neighbours(cpso("7"))
    assert "A " not in neighbours(cpso("A 7"))


@settings(max_examples=100, deadline=None)
@given(numbers)
def test_every_neighbour_is_another_number_of_the_right_form(number: str) -> None:
    near = neighbours(cpso(number))
    assert number not in near
    assert all(NUMBER.fullmatch(neighbour) and re.search("[0-9]", neighbour) for neighbour in near)


@settings(max_examples=300, deadline=None)
@given(close_numbers, close_numbers)
def test_kind_agrees_with_neighbours_both_ways(asked: str, held: str) -> None:
    slip = kind(cpso(asked), cpso(held))
    assert (slip is not None) == (held in neighbours(cpso(asked)))
    opposite = {"digit_added": "digit_missing", "digit_missing": "digit_added"}
    assert kind(cpso(held), cpso(asked)) == opposite.get(str(slip), slip)


@settings(max_examples=300, deadline=None)
@given(close_numbers, close_numbers)
def test_kind_agrees_with_a_plain_comparison(asked: str, held: str) -> None:
    assert kind(cpso(asked), cpso(held)) == plainly(asked, held)


def plainly(asked: str, held: str) -> Kind | None:
    """Compare two numbers of digits alone by their lengths and the places where they differ."""
    if asked == held:
        return None
    longer, shorter = max(asked, held, key=len), min(asked, held, key=len)
    if longer.endswith(shorter) and set(longer.removesuffix(shorter)) == {"0"} and len(longer) - len(shorter) <= 4:
        return "leading_zeros"
    if len(asked) == len(held):
        places = [at for at, (one, other) in enumerate(zip(asked, held, strict=True)) if one != other]
        if len(places) == 1:
            return "digit_changed"
        first, last = places[0], places[-1]
        crossed = asked[first : last + 1] == held[first : last + 1][::-1]
        return "digits_swapped" if len(places) == 2 and last == first + 1 and crossed else None
    if len(longer) == len(shorter) + 1 and any(longer[:at] + longer[at + 1 :] == shorter for at in range(len(longer))):
        return "digit_added" if longer == held else "digit_missing"
    return None


def test_every_kind_can_be_answered() -> None:
    pairs = [("12", "21"), ("12", "13"), ("12", "1"), ("12", "123"), ("12", "012")]
    answered = {kind(cpso(asked), cpso(held)) for asked, held in pairs}
    assert answered | {"same_number_other_college"} == set(get_args(Kind))
