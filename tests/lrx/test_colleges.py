"""The registry of colleges: what it holds, and what the words people use may mean."""

import re

import pytest

from lrx.colleges import College, colleges, find, find_first, near


def codes(found: tuple[College, ...]) -> list[str]:
    return [college.code for college in found]


def test_the_registry_holds_the_26_colleges_of_ontario() -> None:
    assert len(colleges()) == 26
    assert [*colleges()][:4] == ["CPSO", "CMO", "RCDSO", "COPO"]


@pytest.mark.parametrize("college", colleges().values(), ids=lambda college: college.code)
def test_every_college_is_complete(college: College) -> None:
    assert re.fullmatch("[A-Z]{3,7}", college.code)
    assert college.prefix == f"CA-ON-{college.code}"
    assert college.name("en").endswith(("of Ontario", "of Pharmacists"))
    assert college.name("fr").startswith("Ordre ")
    assert college.name("fr").endswith("de l’Ontario")
    assert str(college.title) == college.name_en
    assert college.naming_system is None or college.naming_system.startswith("https://")
    assert college.usual("no number looks like this") == (college.number_shape is None)


def test_the_registry_cannot_be_changed_by_its_readers() -> None:
    with pytest.raises(TypeError):
        colleges()["CPSO"] = colleges()["CMO"]  # type: ignore[index]


@pytest.mark.parametrize("college", colleges().values(), ids=lambda college: college.code)
def test_code_prefix_and_both_names_mean_one_college(college: College) -> None:
    for words in (college.code, college.prefix, college.name_en, college.name_fr):
        assert find(words) == (college,)


@pytest.mark.parametrize("college", colleges().values(), ids=lambda college: college.code)
def test_every_acronym_and_alias_finds_its_college(college: College) -> None:
    for words in (college.acronym, *college.aliases):
        assert college in find(words)


@pytest.mark.parametrize(
    ("words", "meant"),
    [
        ("COO", ["COPO", "COOPT"]),
        ("CDO", ["CDEO", "CDIO"]),
        ("ODO", ["CDEO", "CDIO"]),
        ("CPO", ["CPTO", "CPBAO"]),
        ("OPO", ["OCP", "CPTO", "CPBAO"]),
        ("COPO", ["COPO"]),
        ("cpso", ["CPSO"]),
        ("C.P.S.O.", ["CPSO"]),
        ("OMCO", ["CPSO"]),
        ("CMRTO", ["CMRITO"]),
        ("CPYO", ["CPBAO"]),
        ("college of psychologists of ontario", ["CPBAO"]),
        ("  College   of Physicians & Surgeons of Ontario ", ["CPSO"]),
        ("College of Audiologists and Speech Language Pathologists of Ontario", ["CASLPO"]),
        ("ORDRE DES MEDECINS ET CHIRURGIENS DE L'ONTARIO", ["CPSO"]),
        ("Ordre des infirmie\u0300res et infirmiers de l’Ontario", ["CNO"]),
        ("Ordre royal des chirurgiens-dentistes de l’Ontario", ["RCDSO"]),
        ("College of Physicians and Surgeons", []),
        ("CMQ", []),
        ("CP-SO", []),
        ("", []),
        ("\ud800", []),
    ],
)
def test_words_find_the_colleges_they_may_mean(words: str, meant: list[str]) -> None:
    assert codes(find(words)) == meant


@pytest.mark.parametrize(
    ("words", "meant", "length"),
    [
        ("CPSO 12345", ["CPSO"], 4),
        ("CPSO12345", ["CPSO"], 4),
        ("CMTO A 123", ["CMTO"], 4),
        ("CPSOX 12345", [], 0),
        ("College of Nurses of Ontario | 1", ["CNO"], 28),
        ("College of Nurses of Ontario (CNO) 1", ["CNO"], 28),
        ("12345 CPSO", [], 0),
        ("*CPSO 1", [], 0),
        ("", [], 0),
    ],
)
def test_the_longest_words_at_the_start_are_found(words: str, meant: list[str], length: int) -> None:
    found, end = find_first(words)
    assert (codes(found), end) == (meant, length)


def test_no_name_starts_with_a_code_so_that_a_number_may_start_with_a_letter() -> None:
    spoken = [
        words for college in colleges().values() for words in (college.name_en, college.name_fr, *college.aliases)
    ]
    assert not [words for words in spoken if " " in words and find(words.split()[0])]


@pytest.mark.parametrize(
    ("words", "nearest"),
    [
        ("CPS", "CPSO"),
        ("CPSSO", "CPSO"),
        ("RCSDO", "RCDSO"),
        ("Colege of Midwifes of Ontario", "CMO"),
        ("Ordre des médecin et chirurgiens de l'Ontario", "CPSO"),
    ],
)
def test_a_slip_in_a_college_is_near_it(words: str, nearest: str) -> None:
    assert near(words)[0].code == nearest


@pytest.mark.parametrize("words", ["", "XYZQ", "hospital", "College of Lawyers"])
def test_what_resembles_no_college_is_near_none(words: str) -> None:
    assert near(words) == ()


@pytest.mark.parametrize(
    ("code", "number", "usual"),
    [
        ("CPSO", "12345", True),
        ("CPSO", "123456", True),
        ("CPSO", "1234567", False),
        ("CDEO", "123-45", True),
        ("CMTO", "A 123", True),
        ("CRTO", "001234", True),
        ("CRTO", "1234", False),
        ("CCO", "anything", True),
    ],
)
def test_a_number_may_look_usual_for_its_college(code: str, number: str, usual: bool) -> None:
    assert colleges()[code].usual(number) is usual
