"""Replies: a sensible text for every reason, reader and language, and nothing in it that the reader may not see."""

import json
import re
from dataclasses import replace
from datetime import datetime, timedelta
from itertools import product
from pathlib import Path
from typing import Any

import pytest

from lrx.diagnosis.chain import CHECKS
from lrx.diagnosis.letters.circumstances import SPECIAL_DIRECTIONS, SPECIAL_EXPLANATIONS, SPECIAL_REMEDIES
from lrx.diagnosis.letters.directions import DIRECTIONS
from lrx.diagnosis.letters.explanations import EXPLANATIONS
from lrx.diagnosis.letters.requests import OTHERWISE, REQUESTS
from lrx.diagnosis.letters.unchecked import UNCHECKED
from lrx.diagnosis.reasons import REASONS, Kind
from lrx.diagnosis.replies import Audience, Reply, reply
from lrx.diagnosis.verdict import VerdictState
from lrx.recipient import Outcome
from lrx.text import LANGUAGES, Language
from tests.lrx.diagnosis.cases import (
    CASES,
    COURSE,
    DONE_ELSEWHERE,
    HELD,
    LUC,
    NEARLY,
    NOW,
    RECORD,
    REMOVED,
    SHARER,
    STRANGER,
    TWIN,
    changed,
    module_missing,
    told,
    told_by,
)

GOLDEN = Path(__file__).parent / "golden"
OPENAPI = Path(__file__).parents[3] / "docs" / "reference" / "openapi.json"

A_PHYSICIAN, A_CONTACT = Audience.PHYSICIAN, Audience.RECIPIENT_CONTACT
ADMINISTRATORS = (Audience.COURSE_ADMIN, Audience.SITE_ADMIN)

every_reason = pytest.mark.parametrize("reason", sorted(REASONS))
EACH = tuple(product(Audience, LANGUAGES))


def letter(reason: str, audience: Audience, language: Language = "en", at: datetime = NOW) -> Reply:
    known = told_by(reason)
    return reply(known.content, known.matter, audience, language, at)


def words(made: Reply) -> str:
    return f"{made.subject}\n\n{made.body}\n"


def in_both(reason: str, audience: Audience) -> str:
    """The letter in one language after the other."""
    return "".join(words(letter(reason, audience, language)) for language in LANGUAGES)


# What there is


@pytest.mark.parametrize("reason", sorted(CASES))
def test_a_case_is_decided_by_the_reason_it_is_named_after(reason: str) -> None:
    assert told(*CASES[reason]).content["verdict"]["reason"] == reason


def test_only_reasons_that_another_branch_or_nobody_decides_are_without_a_case() -> None:
    assert all(
        REASONS[reason].kind is Kind.TOLD or reason in ("recipient_objects", "expired_by_administrator")
        for reason in set(REASONS) - set(CASES)
    )


def test_every_reason_is_explained_to_physicians() -> None:
    assert set(EXPLANATIONS) == set(REASONS)


def test_administrators_have_steps_for_whatever_is_theirs() -> None:
    theirs = {code for code, reason in REASONS.items() if reason.turn in ("course_admin", "site_admin")}
    assert set(DIRECTIONS) == theirs


def test_a_step_leads_to_an_operation_or_a_page_that_is_there() -> None:
    document = json.loads(OPENAPI.read_text("utf-8"))
    there = {
        (method.upper(), re.sub(r"\{[^}]+\}", "…", path))
        for path, methods in document["paths"].items()
        for method in methods
    }
    told_in = [*DIRECTIONS.values(), *(steps for _, steps in SPECIAL_DIRECTIONS.values())]
    steps = [str(step.message) for one in told_in for step in one]
    named = [found for step in steps for found in re.findall(r"(\w+) /api/v1(/[\w{}/…-]+)", step)]
    assert {(method, re.sub(r"\{[^}]+\}", "…", path)) for method, path in named} <= there
    assert len(named) == sum(step.count("/api/v1") for step in steps)
    assert {page for step in steps for page in re.findall(r"/admin/\S+", step)} == {"/admin/diagnoses/{diagnosis_id}."}
    assert not [step for step in steps if re.search(r"[Cc]lick|Save changes|Open |administration", step)]


def test_what_is_said_in_a_circumstance_is_usually_said_otherwise() -> None:
    assert set(SPECIAL_DIRECTIONS) <= set(DIRECTIONS)
    assert set(SPECIAL_EXPLANATIONS) <= set(EXPLANATIONS)
    assert set(SPECIAL_REMEDIES) <= set(REASONS)


def test_what_is_the_recipient_s_turn_is_asked_of_the_representative() -> None:
    theirs = {code for code, reason in REASONS.items() if reason.turn == "recipient"}
    assert theirs <= set(REQUESTS) <= set(REASONS)
    assert set(OTHERWISE) == set(VerdictState)


def test_every_check_can_be_told_as_not_made() -> None:
    assert set(UNCHECKED) == {check.id for check in CHECKS}


# What every text is


@every_reason
def test_a_text_has_no_placeholder_left(reason: str) -> None:
    for audience, language in EACH:
        _is_whole(reason, letter(reason, audience, language))


def _is_whole(reason: str, made: Reply) -> None:
    assert made.subject
    assert len(made.body) > 100
    assert not re.search(r"[{}]|None|\bnan\b", words(made))
    if reason in CASES:
        assert "–" not in made.body, "something that the text speaks of is not known"


@every_reason
def test_no_line_of_a_french_text_is_english(reason: str) -> None:
    for audience in (A_PHYSICIAN, A_CONTACT):
        english, french = (_sentences(letter(reason, audience, language)) for language in LANGUAGES)
        assert english & french == {"", "— Lakeside Health"}


def _sentences(made: Reply) -> set[str]:
    return set(re.split(r"(?<=[.;]) |\n", words(made)))


@every_reason
def test_french_is_spaced_as_in_canada(reason: str) -> None:
    said = "".join(words(letter(reason, audience, "fr")) for audience in Audience)
    assert not re.search(r"\d h\b|\bh \d|« | »| ;| !", said)


@pytest.mark.parametrize("audience", list(Audience))
@pytest.mark.parametrize("reason", ["oci_missing", "awaiting_inquiry", "not_started"])
def test_what_was_not_checked_is_said(reason: str, audience: Audience) -> None:
    assert re.search(r"could not check: |Not checked, or not to be known from here: ", letter(reason, audience).body)


def test_where_all_was_checked_nothing_is_said_about_it() -> None:
    assert "could not check" not in letter("escalate", A_PHYSICIAN).body
    assert "Not checked" not in letter("escalate", Audience.SITE_ADMIN).body


NOT_HANDED_OVER = (
    "oci_missing",
    "college_not_served",
    "awaiting_inquiry",
    "source_csv_upload",
    "activity_record_missing",
)


@pytest.mark.parametrize("reason", NOT_HANDED_OVER)
@pytest.mark.parametrize("audience", [A_PHYSICIAN, A_CONTACT])
def test_what_was_not_handed_over_is_known_not_to_have_been_received(reason: str, audience: Audience) -> None:
    assert "has received it" not in letter(reason, audience).body


def test_what_may_have_been_handed_over_by_others_is_not_known() -> None:
    """From the other account of the person, or from another hospital."""
    for known in (told_by("two_accounts"), told_by("not_started"), told(*DONE_ELSEWHERE)):
        said = reply(known.content, known.matter, A_PHYSICIAN, "en", NOW).body
        assert "could not check: " in said
        assert "whether CMaRS has received it" in said


def test_of_a_check_that_broke_nothing_is_known() -> None:
    known = told_by("awaiting_inquiry")
    broken = {**known.content["checks"]["D2"], "state": "unknown", "reason": "not_evaluated"}
    content = {**known.content, "checks": {**known.content["checks"], "D2": broken}}
    assert "whether CMaRS has received it" in reply(content, known.matter, A_PHYSICIAN, "en", NOW).body


# What each reader may see


@every_reason
def test_a_physician_reads_no_number_and_nothing_internal(reason: str) -> None:
    known, said = told_by(reason), in_both(reason, A_PHYSICIAN)
    assert known.matter.reference in said
    assert not re.search(r"CA-ON-|\b[A-F]\d\b|\b[a-z]+_[a-z]+\b|@", said)
    for hidden in (known.matter.diagnosis_id, LUC, COURSE, RECORD, "54321", "ltremblay", "E1188"):
        assert str(hidden) not in said


@every_reason
def test_a_representative_reads_neither_name_nor_address(reason: str) -> None:
    said = in_both(reason, A_CONTACT)
    assert "@" not in said
    for hidden in ("ltremblay", "Tremblay", "Luc", "E1188", LUC, COURSE, RECORD):
        assert str(hidden) not in said
    assert "WHMIS-2026" in said
    assert "Lakeside Health" in said


@every_reason
def test_nobody_else_is_named(reason: str) -> None:
    said = "".join(in_both(reason, audience) for audience in Audience)
    for other in (TWIN, SHARER):
        assert other.full_name not in said
        assert other.full_name.split(",")[0] not in said.replace("Luc Tremblay", "").replace("Tremblay, Luc", "")
        assert str(other.username) not in said
        assert str(other.id) not in said
    assert "A. Roy" not in said
    assert "Pat Lee" not in said
    if reason != "oci_overwritten":
        assert str(STRANGER) not in said, "of somebody else whom the recipient asks for"


@pytest.mark.parametrize(("audience", "language"), EACH)
def test_of_another_hospital_nothing_but_its_name_is_said(audience: Audience, language: Language) -> None:
    known = told(*DONE_ELSEWHERE)
    said = words(reply(known.content, known.matter, audience, language, NOW))
    assert ("Riverside Hospital" in said) is (audience is not A_CONTACT)


@pytest.mark.parametrize("audience", [Audience.SITE_ADMIN, A_CONTACT, Audience.INTERNAL])
@pytest.mark.parametrize("reason", ["asked_for_near_id", "oci_overwritten", "college_mistaken"])
def test_the_number_asked_for_stands_beside_the_one_held(reason: str, audience: Audience) -> None:
    known, said = told_by(reason), letter(reason, audience).body
    asked = {"asked_for_near_id": NEARLY}.get(reason, HELD)
    assert str(asked) in said
    assert all(oci_id in said for oci_id in known.matter.learner.oci_ids)


@every_reason
def test_the_whole_diagnosis_names_every_check(reason: str) -> None:
    known, said = told_by(reason), letter(reason, Audience.INTERNAL).body
    assert re.findall(r"^([A-F]\d)  ", said, re.MULTILINE) == [check.id for check in CHECKS]
    assert str(known.matter.diagnosis_id) in said
    assert reason in said


# Whose turn it is


@pytest.mark.parametrize("reason", sorted(CASES))
@pytest.mark.parametrize("audience", ADMINISTRATORS)
def test_an_administrator_has_steps_or_is_told_whose_turn_it_is(reason: str, audience: Audience) -> None:
    verdict, said = told(*CASES[reason]).content["verdict"], letter(reason, audience).body
    if REASONS[reason].turn == audience.value:
        assert re.search(r"This is yours to do.*:\n1\. .*\n2\. ", said)
        assert ("/api/v1/" in said) is ("is done with the REST API" in said)
    elif not any(REASONS[one].turn == audience.value for one in verdict["also"]):
        assert "This is yours" not in said
        assert re.search(r"It is .* turn", said)


@pytest.mark.parametrize("reason", sorted(CASES))
def test_a_physician_is_asked_to_redo_nothing_that_counts(reason: str) -> None:
    said = letter(reason, A_PHYSICIAN).body
    asked = REASONS[reason].turn == "learner" or reason == "college_not_served"
    assert ("There is nothing you need to do for now." in said) is not asked
    assert not ("You do not need to redo it." in said and "repeat the course" in said)


def test_a_record_kept_behind_with_its_activities_asks_for_no_activity_to_be_repeated() -> None:
    assert told(*CASES["legacy"]).content["verdict"]["also"] == []
    assert "WHMIS module" not in letter("legacy", A_PHYSICIAN).body


def test_a_person_with_two_accounts_is_not_told_to_take_the_course() -> None:
    situation, learner = CASES["two_accounts"]
    twin = TWIN._replace(shared=("name", "email"), has_record=True)
    known = told(situation, changed(learner, records=(), look_alikes=(twin,)))
    assert "no_trace" in {one["reason"] for one in known.content["checks"].values()}
    assert known.content["verdict"]["also"] == []
    said = reply(known.content, known.matter, A_PHYSICIAN, "en", NOW).body
    assert "two accounts" in said
    assert "take the course" not in said


def test_what_else_is_the_physician_s_is_said_too() -> None:
    situation, _ = CASES["oci_missing"]
    _, learner = CASES["activity_record_missing"]
    known = told(situation, changed(learner, oci_ids=()))
    assert known.content["verdict"]["also"] == ["oci_missing"]
    said = reply(known.content, known.matter, A_PHYSICIAN, "en", NOW).body
    assert "WHMIS module" in said
    assert "Something else has to be put right" in said


KEEPING = (
    "source_csv_upload",
    "source_equivalency",
    "legacy",
    "out_of_period",
    "college_not_served",
    "no_course_recipient",
)


@pytest.mark.parametrize("reason", KEEPING)
def test_beside_what_keeps_the_record_here_nothing_is_said_to_follow_from_the_activities(reason: str) -> None:
    known = told(*module_missing(reason))
    assert (known.content["verdict"]["reason"], known.content["verdict"]["also"]) == (
        reason,
        ["activity_record_missing"],
    )
    for audience, language in EACH:
        made = reply(known.content, known.matter, audience, language, NOW)
        _is_whole(reason, made)
        assert not re.search("follows by itself|released by itself|suit de lui-même|libéré automatiq", made.body)
    said = reply(known.content, known.matter, A_PHYSICIAN, "en", NOW).body
    assert "Please complete what is named here too. That alone is not enough: what is said above" in said
    said = reply(known.content, known.matter, Audience.COURSE_ADMIN, "en", NOW).body
    assert f"not released by that alone. In its way besides: {REASONS[reason].title}." in said


@pytest.mark.parametrize("reason", ["activity_record_missing", "activity_record_outdated", "activities_open"])
def test_where_no_rule_stands_in_the_way_the_rest_follows_from_the_activities(reason: str) -> None:
    assert "the rest follows by itself" in letter(reason, A_PHYSICIAN).body


@pytest.mark.parametrize("reason", ["activity_record_outdated", "activities_open"])
def test_of_a_college_that_is_not_served_nothing_follows_from_an_activity(reason: str) -> None:
    situation, learner = CASES[reason]
    known = told(situation, changed(learner, oci_ids=CASES["college_not_served"][1].oci_ids))
    said = reply(known.content, known.matter, A_PHYSICIAN, "en", NOW).body
    assert "does not take completions of members of your College" in said
    assert "That alone is not enough" in said
    assert "about a day to show it" not in said


def test_of_a_recipient_that_was_removed_the_records_of_before_are_said_to_be_sent() -> None:
    known = told(*REMOVED)
    assert known.content["verdict"]["reason"] == "no_course_recipient"
    for audience, language in EACH:
        _is_whole("no_course_recipient", reply(known.content, known.matter, audience, language, NOW))
    said = reply(known.content, known.matter, A_PHYSICIAN, "en", NOW).body
    assert "The course no longer reports to CMaRS." in said
    assert "Completions recorded while it reported to CMaRS are then sent;" in said
    assert "before that are not sent" not in said
    said = reply(known.content, known.matter, Audience.COURSE_ADMIN, "en", NOW).body
    assert "Records made while the course sent to CMaRS are then released at once" in said
    assert "Tell those who completed before" not in said


def test_of_a_recipient_that_was_never_added_the_records_of_before_stay() -> None:
    assert "Completions recorded before that are not sent" in letter("no_course_recipient", A_PHYSICIAN).body
    assert "Tell those who completed before" in letter("no_course_recipient", Audience.COURSE_ADMIN).body


# When to look again

LATER: tuple[tuple[timedelta, str], ...] = (
    (timedelta(0), "please look again tomorrow, 22 November, after 09:00."),
    (timedelta(hours=12), "please look again today after 09:00."),
    (timedelta(days=-1), "please look again on 22 November 2026 after 09:00."),
    (timedelta(hours=19), "Please allow about a day, and look again."),
)


@pytest.mark.parametrize(("later", "said"), LATER)
def test_tomorrow_is_said_from_when_the_text_is_written(later: timedelta, said: str) -> None:
    assert said in letter("awaiting_inquiry", A_PHYSICIAN, at=NOW + later).body


def test_a_day_is_promised_only_while_the_recipient_asks() -> None:
    assert "normally around 06:00" in letter("oci_missing", A_PHYSICIAN).body
    assert "normally around" not in letter("recipient_silent", A_PHYSICIAN).body
    assert "normally around" not in letter("underway", A_PHYSICIAN).body


def test_without_a_known_rhythm_no_time_is_promised() -> None:
    situation, learner = CASES["awaiting_inquiry"]
    known = told(replace(situation, rhythm=replace(situation.rhythm, usual=None)), learner)
    assert "about a day" in reply(known.content, known.matter, A_PHYSICIAN, "en", NOW).body


def test_nobody_with_nothing_to_do_is_told_what_to_do_first() -> None:
    for reason in CASES:
        said = letter(reason, A_PHYSICIAN).body
        assert not ("nothing you need to do" in said and "you have done that" in said)


# Of the past

LATER_ON = NOW + timedelta(days=3)
STOOD: dict[Language, str] = {
    "en": "This tells how things stood on 21 November 2026 at 14:30; they may have changed since.",
    "fr": "Ceci décrit la situation du 21 novembre 2026 à 14\u00a0h\u00a030; elle peut avoir changé depuis.",
}


@every_reason
def test_a_letter_of_the_past_says_so_first_and_expects_nothing(reason: str) -> None:
    for audience, language in EACH:
        made = letter(reason, audience, language, LATER_ON)
        _is_whole(reason, made)
        paragraph = 0 if audience is Audience.INTERNAL else 1
        assert made.body.split("\n\n")[paragraph] == STOOD[language]
        assert not re.search(r"today|tomorrow|is expected|Expected: |look again|aujourd’hui|demain", made.body)
    said = letter(reason, A_PHYSICIAN, "en", LATER_ON).body
    assert not re.search(r"for now\.|after that|a day to show", said)


@pytest.mark.parametrize("later", [timedelta(0), timedelta(hours=12), timedelta(days=1)])
def test_a_letter_written_within_a_day_tells_of_the_present(later: timedelta) -> None:
    for audience in Audience:
        assert STOOD["en"] not in letter("oci_missing", audience, at=NOW + later).body
    assert "If that is done today" in letter("oci_missing", Audience.SITE_ADMIN, at=NOW + later).body


# Names that are not known


def test_somebody_known_by_a_user_name_alone_is_greeted_without_a_name() -> None:
    known = told_by("oci_missing")
    nameless = replace(known.matter, learner=known.matter.learner._replace(name=None))
    assert reply(known.content, nameless, A_PHYSICIAN, "en", NOW).body.startswith("Hello,\n")
    assert "Learner: ltremblay\n" in reply(known.content, nameless, Audience.SITE_ADMIN, "en", NOW).body


def test_an_older_diagnosis_without_the_facts_is_still_told() -> None:
    known = told_by("out_of_period")
    checks: dict[str, Any] = {check: {**one, "facts": {}} for check, one in known.content["checks"].items()}
    bare = {**known.content, "checks": {**checks}}
    for audience in Audience:
        for language in LANGUAGES:
            assert reply(bare, known.matter, audience, language, NOW).body


def test_a_reason_only_a_recipient_knows_is_told_as_its_objection() -> None:
    known = told_by("given_up")
    content = {**known.content, "verdict": {**known.content["verdict"], "reason": "code_664"}}
    for audience in Audience:
        assert reply(content, known.matter, audience, "fr", NOW).body


# Whole letters

WHOLE: tuple[tuple[str, Audience, Language], ...] = (
    ("oci_missing", A_PHYSICIAN, "en"),
    ("out_of_period", A_PHYSICIAN, "en"),
    ("awaiting_inquiry", A_PHYSICIAN, "en"),
    ("escalate", A_PHYSICIAN, "en"),
    ("completed_elsewhere", A_PHYSICIAN, "en"),
    ("asked_for_near_id", Audience.SITE_ADMIN, "en"),
    ("voided", Audience.SITE_ADMIN, "en"),
    ("asked_for_near_id", A_CONTACT, "en"),
    ("oci_missing", Audience.INTERNAL, "en"),
    ("oci_missing", A_PHYSICIAN, "fr"),
    ("out_of_period", A_PHYSICIAN, "fr"),
    ("awaiting_inquiry", A_PHYSICIAN, "fr"),
    ("source_equivalency", A_PHYSICIAN, "fr"),
    ("two_accounts", A_PHYSICIAN, "fr"),
    ("completed_elsewhere", A_PHYSICIAN, "fr"),
    ("asked_for_near_id", A_CONTACT, "fr"),
    ("escalate", A_CONTACT, "fr"),
)


@pytest.mark.parametrize(("reason", "audience", "language"), WHOLE)
def test_a_letter_is_the_golden_one(reason: str, audience: Audience, language: Language) -> None:
    known = told(*DONE_ELSEWHERE) if reason == "completed_elsewhere" else told_by(reason)
    golden = GOLDEN / f"{reason}.{audience}.{language}.txt"
    assert words(reply(known.content, known.matter, audience, language, NOW)) == golden.read_text("utf-8")


def test_no_golden_letter_is_left_over() -> None:
    assert {path.name for path in GOLDEN.iterdir()} == {".".join((*map(str, one), "txt")) for one in WHOLE}


@pytest.mark.parametrize(
    ("record_ids", "said"),
    [
        ((str(RECORD),), "answered with the record of"),
        ((str(TWIN.id),), "answered with other records"),
        ((), "no record"),
    ],
)
def test_the_recipient_s_contact_is_told_what_each_answer_held(record_ids: tuple[str, ...], said: str) -> None:
    known = told(*CASES["escalate"])
    question = known.matter.questions[0]._replace(outcome=Outcome.ANSWERED, code=None, record_ids=record_ids)
    matter = replace(known.matter, questions=(question,))
    assert said in reply(known.content, matter, "recipient_contact", "en", NOW).body
