"""A diagnosis as of a past instant answers what was true then, whatever came after. The present sees it."""

from datetime import datetime, timedelta
from typing import Any

import pytest
import sqlalchemy as sa
from sqlmodel import Session

from lrx import settings_history
from lrx.clock import FrozenClock
from lrx.models import Learner
from lrx.tables import table
from tests.casebook import Case, case_of, moment
from tests.hospital import BEGINNING, Hospital
from tests.house import House

pytestmark = pytest.mark.anyio

DONE = "10 days ago: completed the SCORM module and the course"
JUST_DONE = "today at 08:00: completed the SCORM module and the course"
NO_ID = {"oci_id": ""}

LATER: dict[str, tuple[Case, str, str, str]] = {
    "an OCI ID entered": (
        case_of(physician=NO_ID, given=[DONE, "2 days ago: was given the OCI ID CA-ON-CPSO-12345"]),
        "3 days ago",
        "C1 oci_missing",
        "E1 escalate",
    ),
    "an OCI ID taken by an upload": (
        case_of(given=[JUST_DONE, "today at 10:00: the OCI ID CA-ON-CPSO-99812 came in the nightly file"]),
        "today at 09:00",
        "D2 awaiting_inquiry",
        "C5 not_asked_yet",
    ),
    "a value refused by an upload": (
        case_of(physician=NO_ID, given=[DONE, "today at 10:00: the OCI ID 12345 came in the nightly file"]),
        "today at 09:00",
        "C1 oci_missing",
        "C2 oci_refused",
    ),
    "somebody else given the same OCI ID": (
        case_of(
            others=[{"username": "aroy", "name": "Anna Roy"}],
            given=[
                JUST_DONE,
                "9 days ago: the profile field no longer had to be unique",
                "today at 10:00: aroy was given the OCI ID CA-ON-CPSO-12345",
            ],
        ),
        "today at 09:00",
        "D2 awaiting_inquiry",
        "C3 oci_duplicate",
    ),
    "the recipient added": (
        case_of(course={"sent_since": "never"}, given=[DONE, "today at 10:00: CMaRS was added to the course"]),
        "today at 09:00",
        "A2 no_course_recipient",
        "A3 legacy",
    ),
    "the recipient removed": (
        case_of(given=[JUST_DONE, "today at 10:00: CMaRS was removed from the course"]),
        "today at 09:00",
        "D2 awaiting_inquiry",
        "A2 no_course_recipient",
    ),
    "the recipient switched off": (
        case_of(given=[JUST_DONE, "today at 10:00: CMaRS was switched off"]),
        "today at 09:00",
        "D2 awaiting_inquiry",
        "A4 recipient_off",
    ),
    "the recipient’s credential revoked": (
        case_of(given=[JUST_DONE, "today at 10:00: CMaRS’s credential was revoked"]),
        "today at 09:00",
        "D2 awaiting_inquiry",
        "A4 credential_missing",
    ),
    "the record voided": (
        case_of(given=[DONE, "today at 10:00: had the course record voided: a mistake"]),
        "today at 09:00",
        "E1 escalate",
        "B4 voided",
    ),
    "the record unvoided": (
        case_of(
            given=[
                DONE,
                "9 days ago: had the course record voided: a mistake",
                "today at 10:00: had the course record unvoided: none after all",
            ],
        ),
        "today at 09:00",
        "B4 voided",
        "D2 awaiting_inquiry",
    ),
    "the record let expire": (
        case_of(given=[DONE, "today at 10:00: had the course record expired: new content"]),
        "today at 09:00",
        "E1 escalate",
        "B3 expired_by_administrator",
    ),
    "the reporting period changed": (
        case_of(
            given=[
                "2026-02-10: completed the SCORM module and the course",
                "today at 10:00: the reporting period was set to 12 months from 1 April",
            ],
        ),
        "today at 09:00",
        "E1 escalate",
        "B3 out_of_period",
    ),
    "the rule of expiry changed": (
        case_of(
            course={"mandatory": []},
            given=[
                "2026-02-10: completed the course",
                "today at 10:00: the course was set to expire every year on 31 August",
            ],
        ),
        "today at 09:00",
        "E1 escalate",
        "B3 out_of_period",
    ),
    "the delivery made": (
        case_of(given=["3 days ago: completed the SCORM module and the course"]),
        "3 days ago at 12:00",
        "D2 awaiting_inquiry",
        "E1 escalate",
    ),
    "collected again after it was voided": (
        case_of(
            given=[
                "6 days ago: completed the SCORM module and the course",
                "3 days ago at 12:00: had the course record voided: a mistake",
                "3 days ago at 13:00: had the course record unvoided: no mistake",
            ]
        ),
        "3 days ago at 14:00",
        "D2 awaiting_inquiry",
        "E1 escalate",
    ),
    "the course completed": (
        case_of(
            cmars={"for_days": 14},
            given=["10 days ago: completed the SCORM module", "9 days ago: completed the course"],
        ),
        "9 days ago at 08:00",
        "B1 course_record_missing",
        "E1 escalate",
    ),
    "the repeat made a record": (
        case_of(
            course={"expires": "after 2 years", "recertification": "60 days", "mandatory": []},
            given=[
                "2025-03-10: completed the course",
                "2026-06-01: completed the course",
                "today at 10:00: had the repeat made a record: it was a real one",
            ],
        ),
        "today at 09:00",
        "B3 repeat_not_counted",
        "D2 awaiting_inquiry",
    ),
    "an answer from the recipient’s representative": (
        case_of(
            given=[DONE, "today at 10:00: it was noted that CMaRS does not follow the course, as CMaRS support said"]
        ),
        "today at 09:00",
        "E1 escalate",
        "E2 not_tracked",
    ),
}


@pytest.fixture
def clock() -> FrozenClock:
    return FrozenClock(BEGINNING)


@pytest.mark.parametrize(("case", "when", "then", "now"), LATER.values(), ids=LATER)
async def test_what_came_later_was_not_so_before(house: House, case: Case, when: str, then: str, now: str) -> None:
    hospital = Hospital(house, case)
    await hospital.live()

    before = await hospital.diagnose("ltremblay", as_of=moment(when, case.now).isoformat())
    present = await hospital.diagnose("ltremblay")

    assert (_decides(before), _decides(present)) == (then, now)


async def test_the_same_instant_is_judged_the_same_before_and_after(house: House) -> None:
    """What was answered then and what is answered about then differ in nothing."""
    case = case_of(given=[DONE])
    hospital = Hospital(house, case)
    await hospital.live()
    at_the_time = await hospital.diagnose("ltremblay")
    house.advance(hours=1)
    learner, course = hospital.learners["ltremblay"], hospital.course_id
    site = hospital.site
    record = await hospital.course_record("ltremblay")
    await site.send("POST", f"/learning-records/{record}/void", {"reason": "a mistake"})
    await site.send("PUT", f"/learners/{learner}/oci-ids", {"oci_ids": ["CA-ON-CMO-77"]})
    await site.send("DELETE", f"/courses/{course}/recipients/cmars")
    await site.send("PATCH", "/recipients/cmars", {"enabled": False})
    house.advance(hours=1)

    afterwards = await hospital.diagnose("ltremblay", as_of=case.now.isoformat())

    assert _answer(afterwards) == _answer(at_the_time)


@pytest.mark.parametrize(
    ("as_of", "told"),
    [
        pytest.param("6 days ago", "15 November 2026 at 09:00", id="of a past instant"),
        pytest.param(None, "21 November 2026 at 14:30", id="of the instant in which the number came"),
    ],
)
async def test_a_letter_of_the_past_names_the_oci_ids_of_then(house: House, as_of: str | None, told: str) -> None:
    given = [DONE, "4 days ago: was given the OCI ID CA-ON-CPSO-98765"] if as_of else [DONE]
    case = case_of(physician=NO_ID, given=given)
    hospital = Hospital(house, case)
    await hospital.live()
    made = await hospital.diagnose("ltremblay", as_of=moment(as_of, case.now).isoformat() if as_of else None)
    learner = hospital.learners["ltremblay"]
    await hospital.site.send("PUT", f"/learners/{learner}/oci-ids", {"oci_ids": ["CA-ON-CPSO-98765"]})
    house.advance(days=3)

    found = await hospital.site.get(f"/diagnoses/{made['id']}/replies", language="en")

    letters = {one["audience"]: one["body"] for one in found["replies"]}
    assert all(f"This tells how things stood on {told}" in body for body in letters.values())
    assert not any("CA-ON-CPSO-98765" in body for body in letters.values())
    assert "OCI ID held: none" in letters["site_admin"]
    assert "OCI ID: none is held here" in letters["recipient_contact"]


async def test_a_namesake_that_joined_later_did_not_send_before(house: House) -> None:
    case = case_of(
        course={"sent_since": "never"},
        given=[DONE, "today at 10:00: the course WHMIS-NEW of the same name was sent to CMaRS"],
    )
    hospital = Hospital(house, case)
    await hospital.live()

    before = await hospital.diagnose("ltremblay", as_of=moment("today at 09:00", case.now).isoformat())
    present = await hospital.diagnose("ltremblay")

    assert before["verdict"]["detail"] == "The course does not send to CMaRS."
    assert present["verdict"]["detail"].endswith("another course of this name does: WHMIS-NEW.")


@pytest.mark.parametrize("act", ["voided", "expired"])
async def test_a_record_elsewhere_counted_until_it_was_taken_back(house: House, act: str) -> None:
    case = case_of(
        given=[
            "20 days ago: completed the course at Riverside",
            f"today at 10:00: had the record at Riverside {act}: a mistake",
        ]
    )
    hospital = Hospital(house, case)
    await hospital.live()

    before = await hospital.diagnose("ltremblay", as_of=moment("today at 09:00", case.now).isoformat())
    present = await hospital.diagnose("ltremblay")

    assert [_check(one, "F2")["state"] for one in (before, present)] == ["warn", "unknown"]


async def test_what_was_before_settings_were_kept_is_not_guessed(house: House, monkeypatch: pytest.MonkeyPatch) -> None:
    """The first version is one that the migration made of what was there; by anybody else, it began then."""
    hospital = Hospital(house, case_of(given=[DONE]))
    await hospital.live()
    before = (BEGINNING - timedelta(seconds=1)).isoformat()
    await house.exchange.database.write(lambda session: _born(session, BEGINNING - timedelta(days=1)))
    (kept,) = (await hospital.site.get("/settings-versions", subject_kind="site_recipient"))["data"]

    began = await hospital.diagnose("ltremblay", as_of=before)
    monkeypatch.setattr(settings_history, "MIGRATION", kept["actor"])
    found = await hospital.diagnose("ltremblay", as_of=before)

    assert (_check(began, "A4")["state"], _check(began, "A4")["reason"]) == ("fail", "recipient_off")
    assert _check(found, "A4")["reason"] == "credential_missing"


def _born(session: Session, at: datetime) -> None:
    """Everybody was there by then."""
    session.connection().execute(sa.update(table(Learner)).values(created_at=at))


def _check(diagnosis: dict[str, Any], check: str) -> dict[str, Any]:
    return dict(next(one for one in diagnosis["checks"] if one["id"] == check))


def _decides(diagnosis: dict[str, Any]) -> str:
    return f"{diagnosis['verdict']['check']} {diagnosis['verdict']['reason']}"


def _answer(diagnosis: dict[str, Any]) -> dict[str, Any]:
    own = ("id", "made_at", "previous_id", "changes", "as_of")
    return {name: value for name, value in diagnosis.items() if name not in own}
