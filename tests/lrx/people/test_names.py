from dataclasses import dataclass
from pathlib import Path
from uuid import UUID

import pytest
from alembic.script import ScriptDirectory
from hypothesis import given
from hypothesis.strategies import characters, lists, none, sampled_from, text

from lrx.people.names import folded, folded_email, full_name, sort_name

SCRIPTS = ScriptDirectory(str(Path(__file__).parents[3] / "migrations"))
FOLDING, FAMILY_NAMES = (SCRIPTS.get_revision(number).module for number in ("0006", "0008"))

NOBODY = UUID(int=7)


@dataclass(frozen=True)
class Somebody:
    family_name: str | None = None
    given_name: str | None = None
    full_name: str | None = None
    username: str | None = None
    id: UUID = NOBODY


@pytest.mark.parametrize(
    ("written", "read"),
    [
        ("OKAFOR", "okafor"),
        ("Hélène Côté", "helene cote"),
        ("He\u0301le\u0300ne", "helene"),
        ("Straße", "strasse"),
        ("İnci", "inci"),
        ("\u210c", "h"),
        ("ﬁne", "fine"),
        ("Nguyễn", "nguyen"),
        ("李", "李"),
        ("", ""),
    ],
)
def test_folded_words_have_neither_case_nor_accents(written: str, read: str) -> None:
    assert folded(written) == read
    assert folded(read) == read


@pytest.mark.parametrize(
    ("person", "shown", "sorted_by"),
    [
        (Somebody("Côté", "Hélène", "Hélène Côté", "hcote"), "Côté, Hélène", "cote, helene"),
        (Somebody("Côté", None, "Hélène Côté", "hcote"), "Hélène Côté", "cote, helene"),
        (Somebody("Garcia Lopez", None, "Maria Garcia Lopez"), "Maria Garcia Lopez", "garcia lopez, maria"),
        (Somebody(None, "Hélène", "Hélène Côté", "hcote"), "Hélène Côté", "cote, helene"),
        (Somebody(None, None, "Jean-Luc  O’Brien Roy", "jroy"), "Jean-Luc  O’Brien Roy", "roy, jean-luc o’brien"),
        (Somebody(None, None, "Côté, Hélène", "hcote"), "Côté, Hélène", "cote, helene"),
        (Somebody("Côté", None, "CÔTÉ, Hélène", "hcote"), "CÔTÉ, Hélène", "cote, helene"),
        (Somebody("O'Brien", None, "Marie O’Brien Roy"), "Marie O’Brien Roy", "o'brien, marie roy"),
        (Somebody(None, None, "Dr. Anita Desai, MD"), "Dr. Anita Desai, MD", "desai, anita"),
        (Somebody(None, None, "Marie Gagnon MD FRCPC"), "Marie Gagnon MD FRCPC", "gagnon, marie"),
        (Somebody(None, None, "Luc Tremblay Jr."), "Luc Tremblay Jr.", "tremblay, luc"),
        (Somebody(None, None, "Marie Roy (she/her)"), "Marie Roy (she/her)", "roy, marie"),
        (Somebody(None, None, "Maria de la Cruz"), "Maria de la Cruz", "de la cruz, maria"),
        (Somebody(None, None, "Van Nguyen"), "Van Nguyen", "nguyen, van"),
        (Somebody(None, None, "王 伟"), "王 伟", "王 伟"),
        (Somebody(None, None, "MD"), "MD", "md"),
        (Somebody(None, None, "(test)", "hcote"), "(test)", "(test)"),
        (Somebody(None, None, "Hélène", "hcote"), "Hélène", "helene"),
        (Somebody("Côté", None, "Côté", "hcote"), "Côté", "cote"),
        (Somebody("Côté", None, None, "hcote"), "Côté", "cote"),
        (Somebody(None, "Hélène", None, "hcote"), "Hélène", "helene"),
        (Somebody(None, None, None, "hcote"), "hcote", "hcote"),
        (Somebody(), str(NOBODY), str(NOBODY)),
    ],
)
def test_people_are_sorted_by_their_family_name(person: Somebody, shown: str, sorted_by: str) -> None:
    assert full_name(person) == shown
    assert sort_name(person) == sorted_by


def test_a_name_that_grows_when_it_is_folded_still_fits() -> None:
    assert len(sort_name(Somebody(full_name="\ufdfa" * 300))) == 400


def test_addresses_are_compared_without_case() -> None:
    assert folded_email(" Amara.Okafor@Example.ORG") == folded_email("amara.okafor@example.org")
    assert folded_email("hélène@example.org") != folded_email("helene@example.org")
    assert folded_email(None) is None


ANY = text(characters(exclude_categories=["Cs"]), max_size=40)
WORDS = ("Dr.", "Marie", "de", "la", "Côté", "Côté,", "O’Brien", "MD", "(she)", "Jr.", ",", "李")
NAMES = none() | ANY | lists(sampled_from(WORDS), max_size=6).map(" ".join)


@given(NAMES, NAMES, NAMES, none() | ANY)
def test_the_migrations_folded_names_as_the_product_does(
    family_name: str | None, given_name: str | None, full: str | None, email: str | None
) -> None:
    person = Somebody(family_name, given_name, full, "hcote")
    assert FAMILY_NAMES._sort_name(person) == sort_name(person)
    assert FOLDING._address(email) == folded_email(email)
