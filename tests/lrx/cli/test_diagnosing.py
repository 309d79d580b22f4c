"""`lrx diagnose` and `lrx sweep`: what they say, in which language, and with which code they end."""

import json

import pytest

from lrx.models import KeptDiagnosis, Sweep
from tests.lrx.cli.conftest import Terminal
from tests.lrx.diagnosis.situations import situations

TICKET = "Dr Luc Tremblay says WHMIS-2026 is done, the Register is red"

on_sqlite = pytest.mark.parametrize("database_url", ["sqlite"], indirect=True)


def asked(learner: str, *more: str) -> tuple[str, ...]:
    return ("diagnose", "--learner", learner, "--course", "WHMIS-2026", *more)


@pytest.fixture
def everybody(terminal: Terminal) -> Terminal:
    """A course in which each learner is in another situation."""
    terminal.tell(situations)
    return terminal


@on_sqlite
def test_the_exit_code_tells_the_verdict(everybody: Terminal) -> None:
    told = {}
    for name in ("amara.okafor", "luc.tremblay", "elena.rossi", "wei.chen", "ivan.petrov", "grace.kim", "joan.fraser"):
        ran = everybody.run(*asked(name, "--json"))
        verdict = json.loads(ran.out)["verdict"]
        told[name] = (ran.code, verdict["state"], verdict["check"])
    assert told == {
        "amara.okafor": (0, "delivered", "E1"),
        "luc.tremblay": (20, "blocked", "C1"),
        "elena.rossi": (20, "blocked", "B2"),
        "wei.chen": (20, "blocked", "B0"),
        "ivan.petrov": (20, "blocked", "A1"),
        "grace.kim": (21, "waiting", "D2"),
        "joan.fraser": (23, "not_sent_by_rule", "B5"),
    }


def test_a_diagnosis_is_the_document_of_the_api_and_is_kept(everybody: Terminal) -> None:
    ran = everybody.run(*asked("luc.tremblay", "--json"))
    document = json.loads(ran.out)
    assert (document["object"], document["recipient"], document["actor"]) == ("diagnosis", "register", "system:cli")
    assert document["verdict"]["reason"] == "oci_missing"
    assert [check["id"] for check in document["checks"]][:3] == ["A1", "A2", "A3"]
    assert document["as_of"] == "2026-11-21T19:30:01Z"
    assert everybody.count(KeptDiagnosis) == 1
    again = json.loads(everybody.run(*asked("luc.tremblay", "--json")).out)
    assert (again["previous_id"], again["changes"]) == (document["id"], [])


def test_nothing_is_kept_where_that_is_asked(everybody: Terminal) -> None:
    ran = everybody.run(*asked("luc.tremblay", "--no-keep", "--json"))
    assert (ran.code, json.loads(ran.out)["id"]) == (20, None)
    assert "Diagnosis" not in everybody.run(*asked("luc.tremblay", "--no-keep")).err
    assert everybody.count(KeptDiagnosis) == 0


@on_sqlite
def test_people_read_the_verdict_first_and_stages_that_passed_in_one_line(everybody: Terminal) -> None:
    ran = everybody.run(*asked("luc.tremblay"))
    lines = ran.err.splitlines()
    assert ran.out == ""
    assert lines[:4] == [
        "The Register · Not reaching the recipient",
        "  The OCI ID field is empty.",
        "  Whose turn: Site administrator, about 1 minute",
        "  → A site administrator enters the OCI ID in the learner’s profile.",
    ]
    assert "  Tremblay, Luc (luc.tremblay) · WHMIS 2026 (WHMIS-2026) · as of 2026-11-21 14:30" in lines
    assert "A  Right person, right wiring: Passed 4" in lines
    assert "   [In the way] C1 Is there an OCI ID? The OCI ID field is empty." in lines
    assert "   [Not checked] C2, C3, C4, C5" in lines
    assert "D  Exchange: Not checked 3" in lines


@on_sqlite
def test_a_diagnosis_is_told_in_french(everybody: Terminal) -> None:
    english, french = (everybody.run(*asked("luc.tremblay", "--no-keep", "--lang", one)) for one in ("en", "fr"))
    assert "Tremblay, Luc" in french.err
    assert "Personne apprenante" in everybody.run(*asked("elena.rossi", "--no-keep", "--lang", "fr")).err
    assert english.err != french.err
    assert everybody.run(*asked("luc.tremblay", "--lang", "de")).code == 2


@on_sqlite
def test_a_learner_is_named_by_user_name_oci_id_or_id(everybody: Terminal) -> None:
    known = json.loads(everybody.run(*asked("amara.okafor", "--json")).out)["learner_id"]
    for learner in ("AMARA.OKAFOR", "CA-ON-CPSO-88120", "CPSO 88120", known):
        ran = everybody.run(*asked(learner, "--no-keep", "--json"))
        assert json.loads(ran.out)["learner_id"] == known


REFUSALS = [
    (asked("nobody"), 3, "There is no learner nobody"),
    (asked("Trambley"), 3, "Tremblay, Luc (luc.tremblay)"),
    (asked("helene"), 3, "Côté, Hélène"),
    (asked("\udcff"), 3, "There is no learner"),
    (("diagnose", "--learner", "luc.tremblay", "--course", "whmis"), 3, "WHMIS 2026 (WHMIS-2026)"),
    (asked("luc.tremblay", "--recipient", "nowhere"), 3, "Installed: register"),
    (asked("luc.tremblay", "--site", "nowhere"), 3, "Known sites: default"),
    (asked("luc.tremblay", "--as-of", "yesterday"), 2, "Write it like 2026-03-31T23:59"),
    (asked("luc.tremblay", "--as-of", "0001-01-01T00:00"), 5, "before the year 1900"),
    (("diagnose",), 2, "--learner"),
    (("diagnose", TICKET, "--learner", "luc.tremblay"), 2, "a ticket alone"),
    (("diagnose", "Ivan Petrov or Luc Tremblay? WHMIS-2026"), 2, "Several people may be meant"),
    (("diagnose", "nothing anybody knows"), 3, "Nobody here is found"),
]


@on_sqlite
def test_what_is_not_there_and_what_may_be_several_have_codes_of_their_own(everybody: Terminal) -> None:
    for words, code, said in REFUSALS:
        ran = everybody.run(*words)
        assert (ran.code, ran.out) == (code, ""), words
        assert said in ran.err, words
    assert everybody.count(KeptDiagnosis) == 0


def test_a_ticket_is_told_as_understood_before_it_is_looked_at(everybody: Terminal) -> None:
    ran = everybody.run("diagnose", TICKET, "--json")
    assert ran.err == "Understood: Tremblay, Luc (luc.tremblay), WHMIS 2026 (WHMIS-2026), The Register.\n"
    assert (ran.code, json.loads(ran.out)["verdict"]["reason"]) == (20, "oci_missing")


@on_sqlite
def test_two_accounts_of_the_person_in_a_ticket_are_told(everybody: Terminal) -> None:
    ran = everybody.run("diagnose", "Ivan Petrov, WHMIS-2026")
    assert ran.code == 20
    assert "2 accounts here are called Petrov, Ivan" in ran.err
    assert "Petrov, Ivan (ivan.petrov) · WHMIS 2026" in ran.err


@on_sqlite
def test_an_instant_without_a_zone_is_the_sites(everybody: Terminal) -> None:
    local, zoned = (
        json.loads(everybody.run(*asked("grace.kim", "--no-keep", "--json", "--as-of", when)).out)
        for when in ("2026-11-20T09:00", "2026-11-20T14:00:00Z")
    )
    assert local["as_of"] == zoned["as_of"] == "2026-11-20T14:00:00Z"
    ahead = everybody.run(*asked("grace.kim", "--as-of", "2027-01-01"))
    assert (ahead.code, "in the future" in ahead.err) == (5, True)


def test_a_sweep_counts_everybody_by_what_decides(everybody: Terminal) -> None:
    document = json.loads(everybody.run("sweep", "--course", "WHMIS-2026", "--json").out)
    groups = {group["reason"]: group["learners"] for group in document["groups"]}
    assert groups["oci_missing"] == 1
    assert sum(groups.values()) == document["learners"]
    assert everybody.count(Sweep) == 1
    ran = everybody.run("sweep", "--course", "WHMIS-2026", "--recipient", "register")
    assert ran.out == ""
    assert ran.err.startswith("WHMIS 2026 (WHMIS-2026) · The Register · as of 2026-11-21 14:30: 12 learners\n")
    assert "     1  C1  No OCI ID · Site administrator" in ran.err
    assert everybody.run("sweep", "--course", "nothing").code == 3
