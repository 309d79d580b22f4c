"""Other sites are asked where no record here counts, and never with a number that two people hold."""

from dataclasses import replace
from typing import Any

import pytest

from lrx.clock import FrozenClock
from lrx.diagnosis.chain import diagnose
from lrx.diagnosis.facts import LearnerFacts
from lrx.diagnosis.finding import Finding, State
from lrx.diagnosis.judging import case_of, has_what_counts
from tests.casebook import Case
from tests.casebook import case_of as told_as
from tests.hospital import BEGINNING, Hospital
from tests.house import House
from tests.lrx.diagnosis.cases import CASES, HELD, LEARNER, NOBODY, SHARER, SITUATION, changed

pytestmark = pytest.mark.anyio

THERE = "20 days ago: completed the course at Riverside"
LONE = {"mandatory": []}
TOLD: dict[str, tuple[Case, str, str | None]] = {
    "no record here": (told_as(given=[THERE]), "warn", "completed_elsewhere"),
    "one of last year": (
        told_as(course=LONE, given=["2025-06-10: completed the course", THERE]),
        "warn",
        "completed_elsewhere",
    ),
    "one that is voided": (
        told_as(
            course=LONE,
            given=[THERE, "15 days ago: completed the course", "9 days ago: had the course record voided: a mistake"],
        ),
        "warn",
        "completed_elsewhere",
    ),
    "one from a file": (
        told_as(course=LONE, given=[THERE, "15 days ago: was uploaded as complete from a file"]),
        "warn",
        "completed_elsewhere",
    ),
    "one that counts": (
        told_as(course=LONE, given=[THERE, "15 days ago: completed the course"]),
        "not_applicable",
        None,
    ),
    "one whose activity is missing there": (
        told_as(given=["20 days ago: completed the course at Riverside without its activity"]),
        "unknown",
        "elsewhere_unknown",
    ),
    "nothing there either": (told_as(given=[]), "unknown", "elsewhere_unknown"),
    "a number that two people hold": (
        told_as(
            others=[{"username": "lgagnon", "name": "Léa Gagnon"}],
            given=[
                THERE,
                "19 days ago: the profile field no longer had to be unique",
                "18 days ago: lgagnon was given the OCI ID CA-ON-CPSO-12345",
            ],
        ),
        "not_checked",
        None,
    ),
}


@pytest.fixture
def clock() -> FrozenClock:
    return FrozenClock(BEGINNING)


@pytest.mark.parametrize(("case", "state", "reason"), TOLD.values(), ids=TOLD)
async def test_other_sites_are_asked_where_no_record_here_counts(
    house: House, case: Case, state: str, reason: str | None
) -> None:
    hospital = Hospital(house, case)
    await hospital.live()

    made = await hospital.diagnose("ltremblay")
    found = next(one for one in made["checks"] if one["id"] == "F2")

    assert (found["state"], found["reason"]) == (state, reason)
    assert ("Riverside" in str(made)) is (state == "warn")


def _found(learner: LearnerFacts) -> Finding:
    return diagnose(SITUATION, learner).findings["F2"]


@pytest.mark.parametrize("facts", [{"oci_ids": ()}, {"sharers": {HELD: (SHARER,)}}])
def test_a_number_in_doubt_tells_nothing_of_other_sites(facts: dict[str, Any]) -> None:
    found = _found(changed(NOBODY, elsewhere=("Riverside Hospital",), **facts))
    assert (found.state, found.needs) == (State.NOT_CHECKED, ("C3",))


def test_where_a_record_here_counts_the_number_does_not_matter() -> None:
    assert _found(changed(LEARNER, sharers={HELD: (SHARER,)})).state is State.NOT_APPLICABLE


@pytest.mark.parametrize("reason", CASES)
def test_whether_a_record_counts_is_said_alike_before_and_after_all_is_judged(reason: str) -> None:
    situation, learner = CASES[reason]
    bare = replace(learner, deliveries={}, seen=(), inquiries=(), asked={}, changes=(), refused=(), look_alikes=())
    assert has_what_counts(situation, bare) is case_of(situation, learner).has_what_counts
