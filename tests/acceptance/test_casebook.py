"""The casebook: each case is built over HTTP as it came about, on both engines, and the diagnosis has to give the
cause, whose turn it is, and the fix."""

import json
from collections.abc import Mapping
from datetime import datetime
from pathlib import Path
from typing import Any

import pytest

from lrx.clock import FrozenClock
from tests.casebook import Case, moment, read_casebook
from tests.hospital import BEGINNING, Hospital
from tests.house import House

pytestmark = pytest.mark.anyio

CASEBOOK = read_casebook()
PAGE = Path(__file__).parents[2] / "docs" / "reference" / "casebook.md"
TOLD = [case for case in CASEBOOK if case.waits_for is None]


@pytest.fixture
def clock() -> FrozenClock:
    """The clock begins when the site is set up, long before anything goes wrong."""
    return FrozenClock(BEGINNING)


@pytest.mark.parametrize("case", TOLD, ids=lambda case: case.name.replace(" ", "-"))
async def test_the_diagnosis_finds_what_the_casebook_says(house: House, case: Case) -> None:
    hospital = Hospital(house, case)
    await hospital.live()

    assert case.expected
    for username, expected in case.expected.items():
        diagnosis = await hospital.diagnose(username)
        assert _in_short(diagnosis, expected) == _as_written(expected)
        assert _offers(diagnosis, expected["fix"])
        assert [shown for shown in expected.get("shows", ()) if shown not in _evidence(diagnosis)] == []
        if "expected" in expected:
            at = datetime.fromisoformat(diagnosis["verdict"]["expected_at"])
            assert at == moment(expected["expected"], case.now)


def test_every_case_is_there_once() -> None:
    assert [case.number for case in CASEBOOK if case.kind == "case"] == list(range(1, 73))
    assert [case.number for case in CASEBOOK if case.kind == "pair"] == list(range(1, 31))


def test_each_pair_names_what_comes_after_the_cause_that_leads() -> None:
    assert [case.name for case in CASEBOOK if case.kind == "pair" and not case.then.get("also")] == []


def test_only_these_cases_wait_for_something_the_product_does_not_have() -> None:
    waiting = {case.number: case.waits_for for case in CASEBOOK if case.waits_for}
    assert waiting == {
        13: "applications for equivalencies",
        35: "the review of supporting documentation",
        36: "the review of supporting documentation",
    }


def test_the_page_for_support_staff_tells_every_case() -> None:
    page = PAGE.read_text(encoding="utf-8")
    assert [case.name for case in CASEBOOK if f"| {case.number} | {case.symptom} |" not in page] == []


def _in_short(diagnosis: Mapping[str, Any], expected: Mapping[str, Any]) -> dict[str, Any]:
    verdict = diagnosis["verdict"]
    found = {check["id"]: check["reason"] for check in diagnosis["checks"]}
    noted = [note for note in expected.get("notes", ()) if found[note.split()[0]] == note.split()[1]]
    return {
        "verdict": verdict["state"],
        "because": f"{verdict['check']} {verdict['reason']}",
        "turn": verdict["turn"],
        "also": verdict["also"],
        "notes": noted,
    }


def _as_written(expected: Mapping[str, Any]) -> dict[str, Any]:
    return {
        **{name: expected[name] for name in ("verdict", "because", "turn")},
        **{name: expected.get(name, []) for name in ("also", "notes")},
    }


def _offers(diagnosis: Mapping[str, Any], fix: str) -> bool:
    """Whether the remedy, or the evidence of the check that decides, offers the fix."""
    verdict = diagnosis["verdict"]
    deciding = next(check for check in diagnosis["checks"] if check["id"] == verdict["check"])
    return any(fix in said for said in (verdict["remedy"] or "", _evidence({"checks": [deciding]})))


def _evidence(diagnosis: Mapping[str, Any]) -> str:
    return json.dumps(diagnosis["checks"], ensure_ascii=False)
