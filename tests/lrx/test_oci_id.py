"""The OCI ID: what people type for one, what is put right, and what is refused."""

import string
from collections.abc import Callable
from itertools import product

import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from lrx.colleges import colleges
from lrx.errors import Invalid
from lrx.oci_id import NOTES, InvalidOciId, OciId, read
from lrx.text import Language

PHYSICIAN = OciId("CA", "ON", "CPSO", "12345")
PHYSICIANS = "College of Physicians and Surgeons of Ontario"
MEDECINS = "Ordre des médecins et chirurgiens de l’Ontario"


def notes(typed: str) -> list[str]:
    return [note.code for note in read(typed).notes]


def warnings(typed: str) -> list[str]:
    return [warning.code for warning in read(typed).warnings]


def refusal(typed: str) -> InvalidOciId:
    with pytest.raises(InvalidOciId) as caught:
        read(typed)
    return caught.value


def test_an_oci_id_is_a_value() -> None:
    assert OciId.parse("CA-ON-CPSO-12345") == PHYSICIAN
    assert str(PHYSICIAN) == "CA-ON-CPSO-12345"
    assert PHYSICIAN.prefix == "CA-ON-CPSO"
    assert {PHYSICIAN, OciId.parse("cpso 12345")} == {PHYSICIAN}
    assert sorted([PHYSICIAN, OciId.parse("CMO 1")]) == [OciId.parse("CMO 1"), PHYSICIAN]
    with pytest.raises(AttributeError):
        PHYSICIAN.number = "54321"  # type: ignore[misc]


@pytest.mark.parametrize(("language", "shown"), [("en", f"{PHYSICIANS} | 12345"), ("fr", f"{MEDECINS} | 12345")])
def test_the_form_of_a_profile_names_the_college_in_full(language: Language, shown: str) -> None:
    assert PHYSICIAN.display(language) == shown


def test_a_college_of_another_province_is_shown_by_its_prefix() -> None:
    assert OciId("CA", "QC", "CPSO", "1").display("en") == "CA-QC-CPSO | 1"


@pytest.mark.parametrize(
    ("typed", "told"),
    [
        ("CA-ON-CPSO-12345", []),
        (f"{PHYSICIANS} | 12345", ["college_code"]),
        (f"{PHYSICIANS}|12345", ["college_code"]),
        (f"{MEDECINS} | 12345", ["college_code"]),
        ("ordre des medecins et chirurgiens de l'ontario | 12345", ["college_code"]),
        ("Ordre des me\u0301decins et chirurgiens de l’Ontario | 12345", ["college_code"]),
        (f"{PHYSICIANS} 12345", ["college_code"]),
        (f"{PHYSICIANS} #12345", ["college_code", "marks_removed"]),
        (f"CA-ON-{PHYSICIANS}-12345", ["college_code"]),
        (f"{PHYSICIANS} (CPSO) 12345", ["college_code", "college_repeated"]),
        (f"{PHYSICIANS} | CPSO 12345", ["college_code", "college_repeated"]),
        (f"{PHYSICIANS} | CA-ON-CPSO-12345", ["college_code", "college_repeated"]),
        ("CA-ON-CPSO-CPSO12345", ["college_repeated"]),
        ("CA-ON-CPSO-CA-ON-CPSO-12345", ["college_repeated"]),
        ("ca-on-cpso-12345", ["upper_case"]),
        ("CA–ON—CPSO−12345", ["dashes"]),
        ("CA\u2011ON\u2010CPSO\u201512345", ["dashes"]),
        ("CA\u00adON\u00adCPSO\u00ad12345", ["dashes"]),
        ("CA-ON-CPSO-12345\u00ad", ["invisible_removed"]),
        ("CA - ON - CPSO - 12345", ["spaces"]),
        (" CA-ON-CPSO-12345\r\n", ["spaces"]),
        ("\u00a0CA-ON-CPSO-\u200912345\u202f", ["spaces"]),
        ("\ufeffCA-ON-CPSO-12345", ["invisible_removed"]),
        ("\u200bCA-ON-CPSO-\u2060123\u200d45\u200e", ["invisible_removed"]),
        ("\ufeff ca – on – cpso – 12345 ", ["invisible_removed", "spaces", "dashes", "upper_case"]),
        ("'CA-ON-CPSO-12345", ["quotes_removed"]),
        ('="CA-ON-CPSO-12345"', ["quotes_removed"]),
        ("CPSO 12345", ["prefix_added"]),
        ("CPSO12345", ["prefix_added"]),
        ("CPSO-12345", ["prefix_added"]),
        ("CPSO | 12345", ["prefix_added"]),
        ("CPSO\t12345", ["spaces", "prefix_added"]),
        ("CPSO\n12345", ["spaces", "prefix_added"]),
        ("cpso-12345", ["prefix_added", "upper_case"]),
        ("ON-CPSO-12345", ["prefix_added"]),
        ("CPSO#12345", ["prefix_added", "marks_removed"]),
        ("CPSO # 12345", ["prefix_added", "marks_removed"]),
        ("CPSO: 12345", ["prefix_added", "marks_removed"]),
        ("CPSO no. 12345", ["prefix_added", "marks_removed"]),
        ("CPSO n° 12345", ["prefix_added", "marks_removed"]),
        ("CPSO registration number: 12345", ["prefix_added", "marks_removed"]),
        ("C.P.S.O. 12345", ["prefix_added", "college_code", "marks_removed"]),
        ("OMCO 12345", ["prefix_added", "college_code"]),
        ("CA-ON-OMCO-12345", ["college_code"]),
        ("CA ON CPSO 12345", ["separators"]),
        ("CA-ON-CPSO 12345", ["separators"]),
        ("CA-ON-CPSO | 12345", ["separators"]),
        ("CA-ON-CPSO--12345", ["separators"]),
        ("CA-ON-CPSO-#12345", ["marks_removed"]),
    ],
)
def test_what_has_one_meaning_is_put_right_and_told(typed: str, told: list[str]) -> None:
    assert read(typed).oci_id == PHYSICIAN
    assert notes(typed) == told


@pytest.mark.parametrize(
    ("typed", "written"),
    [
        ("CA-ON-CDEO-123-45", "CA-ON-CDEO-123-45"),
        ("CDEO 123 – 45", "CA-ON-CDEO-123-45"),
        ("CA-ON-CMTO-a 123", "CA-ON-CMTO-A 123"),
        ("CMTO  A\u00a0123", "CA-ON-CMTO-A 123"),
        ("CMTO A123", "CA-ON-CMTO-A123"),
        ("CA-ON-CRTO-001234", "CA-ON-CRTO-001234"),
        ("CRTO 0", "CA-ON-CRTO-0"),
        ("CNO ab123456", "CA-ON-CNO-AB123456"),
        ("COPO 12345", "CA-ON-COPO-12345"),
        ("CA-ON-CMRTO-12345", "CA-ON-CMRITO-12345"),
        ("College of Audiologists and Speech-Language Pathologists of Ontario - 1234", "CA-ON-CASLPO-1234"),
        ("Collège royal des chirurgiens-dentistes de l’Ontario 12345", "CA-ON-RCDSO-12345"),
        ("College of Optometrists of Ontario | COO 12345", "CA-ON-COPO-12345"),
        ("CPSO 123 456", "CA-ON-CPSO-123 456"),
        ("CA-QC-CMQ-12345", "CA-QC-CMQ-12345"),
        ("ca-qc-cmq | 00-12345", "CA-QC-CMQ-00-12345"),
        ("US-NY-NYSED 123456", "US-NY-NYSED-123456"),
        ("CPSO " + "1" * 40, "CA-ON-CPSO-" + "1" * 40),
    ],
)
def test_the_number_is_everything_after_the_third_hyphen(typed: str, written: str) -> None:
    assert str(read(typed).oci_id) == written


@pytest.mark.parametrize(
    ("typed", "told"),
    [
        ("CA-ON-CPSO-12345", []),
        ("CA-ON-CPSO-1234567", ["number_unusual"]),
        ("CA-ON-CRTO-1234", ["number_unusual"]),
        ("CA-ON-CCO-1 B 2", []),
        ("CA-QC-CMQ-1", []),
        ("CA-QC-CPSO-12345", ["college_elsewhere"]),
    ],
)
def test_what_is_unusual_is_a_warning_and_no_refusal(typed: str, told: list[str]) -> None:
    assert warnings(typed) == told


def test_a_warning_names_the_number_and_the_college() -> None:
    (warning,) = read("CPSO 1").warnings
    assert str(warning.sentence).startswith(f"1 is an unusual number for {PHYSICIANS}.")


@pytest.mark.parametrize(
    ("typed", "reason", "position", "hint"),
    [
        ("", "empty", None, None),
        (" \u00a0\ufeff\t", "empty", None, None),
        ('""', "empty", None, None),
        ("-", "shape", 0, None),
        ("n/a", "shape", 0, None),
        ("Dr. Tremblay", "shape", 0, None),
        ("x" * 201, "too_long", None, None),
        ("12345", "college_missing", 0, None),
        ("# 12345", "college_missing", 0, None),
        ("| 12345", "college_missing", 0, None),
        ("123-45", "college_missing", 0, None),
        ("CA-ON-12345", "college_missing", 6, None),
        ("12345 CPSO", "college_missing", 0, None),
        ("CPSO", "number_missing", 4, None),
        ("CA-ON-CPSO-", "number_missing", 11, None),
        ("CA-ON-CPSO-ABC", "number_missing", 11, None),
        (f"{PHYSICIANS} |", "number_missing", 47, None),
        ("CA-QC-CMQ-", "number_missing", 10, None),
        ("CA-ON-XYZQ-12345", "college_unknown", 6, None),
        ("Tremblay 12345", "college_unknown", 0, None),
        ("CA-ON-CPS0-12345", "college_unknown", 6, "CA-ON-CPSO-12345"),
        ("RCDS 12345", "college_unknown", 0, "CA-ON-RCDSO-12345"),
        ("CPSSO 12345", "college_unknown", 0, None),
        ("CA-CPSO-12345", "college_unknown", 0, "CA-ON-CPSO-12345"),
        ("CA-COO-12345", "college_unknown", 0, None),
        ("Ordre des médecin et chirurgiens de l'Ontario | 00123", "college_unknown", 0, "CA-ON-CPSO-00123"),
        ("CA-ON-COO-12345", "college_ambiguous", 6, None),
        ("CDO 123-45", "college_ambiguous", 0, None),
        ("cpo 12345", "college_ambiguous", 0, None),
        ("COO", "college_ambiguous", 0, None),
        ("College of Nurses of Ontario | RCDSO 12345", "two_colleges", 31, None),
        ("CPSO CMO 12345", "two_colleges", 5, None),
        ("ON-CA-CPSO-12345", "shape", 0, "CA-ON-CPSO-12345"),
        ("US-ON-CPSO-12345", "shape", 0, "CA-ON-CPSO-12345"),
        ("CA-ON-CPSO-12345-", "shape", 16, "CA-ON-CPSO-12345"),
        ("CA-ON-CPSO-12345.", "shape", 16, "CA-ON-CPSO-12345"),
        ("CA-ON-CPSO-123--45", "shape", 14, None),
        ("CA-ON-CPSO-12,345", "shape", 13, None),
        ("CA-ON-CPSO-12345 (Smith)", "shape", 17, None),
        ("CA-ON-CPSO-123\u00ad45", "shape", 14, None),
        ("CA-ON-CPSO-123\x0045", "shape", 14, None),
        ("CA-ON-CPSO-" + "1" * 41, "shape", 11, None),
    ],
)
def test_a_refusal_has_a_reason_a_place_and_a_hint(
    typed: str, reason: str, position: int | None, hint: str | None
) -> None:
    refused = refusal(typed)
    assert (refused.reason, refused.position, refused.hint) == (reason, position, hint)


@pytest.mark.parametrize(
    ("typed", "position"),
    [
        ("1.2345E+4", 0),
        ("1,2345E+4", 0),
        ("1E+05", 0),
        ("12345.0", 0),
        ("CA-ON-CPSO-12345.0", 11),
        ("CA-ON-CPSO-1.2345E+4", 11),
        ("CPSO 12345.00", 5),
        ("#########", 0),
        ("CPSO ####", 5),
        ("#N/A", 0),
        ("CA-ON-CPSO-#N/A", 11),
        ("#REF!", 0),
        ("#NAME?", 0),
        ("#NOM?", 0),
        ("#DIV/0!", 0),
        ("2026-01-05", 0),
        ("2026-01-05 00:00:00", 0),
        ("05/01/2026", 0),
        ("5-Jan", 0),
        ("Jan-26", 0),
        ("05-janv.-2026", 0),
        ("05-juin", 0),
        ("05-févr", 0),
    ],
)
def test_what_a_spreadsheet_did_is_recognised(typed: str, position: int) -> None:
    refused = refusal(typed)
    assert (refused.reason, refused.position) == ("spreadsheet_damage", position)
    assert "Format the column as text and enter the number again." in str(refused)


@pytest.mark.parametrize(
    ("typed", "position"),
    [
        ("CA-ON-CPSO-12345, CA-ON-RCDSO-54321", 16),
        ("CA-ON-CPSO-12345;CA-ON-RCDSO-54321", 16),
        ("CA-ON-CPSO-12345 CA-ON-RCDSO-54321", 17),
        ("CA-ON-CPSO-12345 CA-QC-CMQ-54321", 17),
        ("CPSO 12345 RCDSO 54321", 11),
        ("CPSO 12345 / RCDSO 54321", 11),
        ("CPSO 12345\n54321", 10),
        ("CPSO 12345\t54321", 10),
        ("CPSO 12345 54321", 10),
        ("CPSO 12345,54321", 10),
        ("CPSO 12345 et 54321", 11),
        (f"{PHYSICIANS} | 12345 | 54321", 54),
    ],
)
def test_two_numbers_in_one_cell_are_refused_at_the_second(typed: str, position: int) -> None:
    refused = refusal(typed)
    assert (refused.reason, refused.position) == ("two_ids", position)


@pytest.mark.parametrize(
    ("typed", "position", "named", "hint"),
    [
        ("CA-ON-\u0421PSO-12345", 6, "“\u0421” (CYRILLIC CAPITAL LETTER ES, U+0421)", "CA-ON-CPSO-12345"),
        ("CA-ON-CPSO-\u0661\u0662", 11, "“\u0661” (ARABIC-INDIC DIGIT ONE, U+0661)", "CA-ON-CPSO-12"),
        ("\ufeffCPSO 12\uff13", 8, "“\uff13” (FULLWIDTH DIGIT THREE, U+FF13)", "CA-ON-CPSO-123"),
        ("CA-ON-CPSO-12345\u00e9", 16, "“é” (LATIN SMALL LETTER E WITH ACUTE, U+00E9)", None),
        ("CA-ON-\u00c7PSO-12345", 6, "“Ç” (LATIN CAPITAL LETTER C WITH CEDILLA, U+00C7)", None),
        ("C\u212aO 12345", 1, "“\u212a” (KELVIN SIGN, U+212A)", "CA-ON-CKO-12345"),
        ("CP\u017fO 12345", 2, "“\u017f” (LATIN SMALL LETTER LONG S, U+017F)", "CA-ON-CPSO-12345"),
        ("CPSO 12\u202e345", 7, "U+202E", None),
        ("CPSO \ud800", 5, "U+D800", None),
        ("CPSO 1\U0001f600", 6, "“\U0001f600” (GRINNING FACE, U+1F600)", None),
    ],
)
def test_a_foreign_character_is_named_with_its_place(typed: str, position: int, named: str, hint: str | None) -> None:
    refused = refusal(typed)
    assert (refused.reason, refused.position, refused.hint) == ("not_ascii", position, hint)
    assert str(refused).startswith(f"Character {position + 1} is {named}.")


def test_an_ambiguous_college_is_answered_with_every_form_to_type() -> None:
    assert str(refusal("COO 00123")) == (
        "“COO” may mean CA-ON-COPO-00123 (College of Optometrists of Ontario) "
        "or CA-ON-COOPT-00123 (College of Opticians of Ontario). Type the one you mean."
    )


def test_an_unknown_college_is_answered_with_the_nearest() -> None:
    assert "Did you mean CA-ON-CPSO-12345 (College of Physicians and Surgeons of Ontario)?" in str(
        refusal("CA-CPSO-12345")
    )


def test_a_refusal_is_an_invalid_input_with_one_fault() -> None:
    refused = refusal("RCDS 12345")
    (fault,) = refused.faults
    assert isinstance(refused, Invalid)
    assert (fault.pointer, fault.code, fault.hint) == ("", "oci_id_invalid", "CA-ON-RCDSO-12345")
    assert fault.detail == refused.detail


def test_a_long_input_is_not_echoed() -> None:
    assert len(str(refusal("CPSO " + "9" * 100_000))) < 100


CODES = [*colleges()]
CANONICAL = st.builds(
    OciId,
    st.just("CA"),
    st.just("ON"),
    st.sampled_from(CODES),
    st.from_regex(r"[0-9]{1,8}|[A-Z][0-9]{3,7}|[A-Z] [0-9]{3}|[0-9]{3}-[0-9]{2}", fullmatch=True),
) | st.builds(
    OciId,
    st.sampled_from(["CA", "US"]),
    st.sampled_from(["QC", "AB", "NY"]),
    st.text(string.ascii_uppercase, min_size=2, max_size=12),
    st.from_regex(r"[0-9]{1,8}", fullmatch=True),
)
CHARACTERS = "-– \u00a0\u00ad\ufeff#|:.,'\"=\n(/0123A1\u0301éС１\ud800\x00"
WORDS = ["CA-ON-", "CA", "ON", "QC", "COO", "CDO", "no", "00", "123", "E+4", "Ordre", PHYSICIANS, MEDECINS]
PIECES = st.sampled_from([*CODES, *WORDS, *CHARACTERS])
TYPED = st.text(max_size=60) | st.lists(PIECES, max_size=9).map("".join)


@settings(max_examples=800, deadline=None)
@given(TYPED)
@example("\u0131")
@example("CA-ON-")
@example("CA-ON-CPSO-12345-\u00ad")
@example("'\"'")
def test_any_text_is_read_or_refused_and_what_is_read_stays_as_it_is(typed: str) -> None:
    try:
        reading = read(typed)
    except InvalidOciId as error:
        refused = error
    else:
        again = read(str(reading.oci_id))
        assert again.oci_id == reading.oci_id
        assert again.notes == ()
        assert (reading.notes == ()) == (typed == str(reading.oci_id))
        assert [*filter(str.isdigit, typed)] == [*filter(str.isdigit, reading.oci_id.number)]
        return
    assert 0 <= (refused.position or 0) <= len(typed)
    assert refused.hint is None or str(OciId.parse(refused.hint)) == refused.hint
    assert str(refused).encode()


@settings(max_examples=200, deadline=None)
@given(CANONICAL)
def test_what_is_written_is_read_back(oci_id: OciId) -> None:
    assert OciId.parse(str(oci_id)) == oci_id
    assert OciId.parse(oci_id.display("en")) == oci_id
    assert OciId.parse(oci_id.display("fr")) == oci_id


MISTYPED: list[Callable[[str], str]] = [
    str.lower,
    lambda typed: typed.replace("-", "–"),
    lambda typed: typed.replace("-", " - ", 3),
    lambda typed: f"\ufeff\u00a0{typed} \u200b",
    lambda typed: f"'{typed}",
]


@settings(max_examples=100, deadline=None)
@given(CANONICAL, st.sets(st.sampled_from(range(len(MISTYPED)))))
def test_mistyping_in_several_ways_at_once_changes_nothing(oci_id: OciId, ways: set[int]) -> None:
    typed = str(oci_id)
    for way in sorted(ways):
        typed = MISTYPED[way](typed)
    assert OciId.parse(typed) == oci_id


@pytest.mark.parametrize(("zeros", "form"), [*product(range(1, 6), ["CRTO {}", "CA-ON-CRTO-{}", "crto # {}"])])
def test_zeros_survive(zeros: int, form: str) -> None:
    number = "0" * zeros + "12"
    assert OciId.parse(form.format(number)).number == number
    assert OciId.parse(form.format(number)) != OciId.parse(form.format("12"))


def test_every_note_is_used_by_some_example() -> None:
    examples = ["\ufeff'CPSO – 1", " cpso\t#1", "CA-ON-OMCO-OMCO-1", "CA ON CPSO 1"]
    assert {code for typed in examples for code in notes(typed)} == set(NOTES)
