"""What a diagnosis keeps as JSON is read by people: every fact has a label, days and codes have words."""

from typing import Any
from zoneinfo import ZoneInfo

import pytest

from admin_ui.dates import respelt
from admin_ui.evidence import LABELS, evidence
from lrx.text import Language
from tests.lrx.diagnosis.cases import CASES, told

TORONTO = ZoneInfo("America/Toronto")


def test_every_fact_of_every_reason_has_a_label() -> None:
    def names(value: Any) -> set[str]:
        if isinstance(value, dict):
            return set(value) | {name for one in value.values() for name in names(one)}
        return {name for one in value for name in names(one)} if isinstance(value, list) else set()

    found = {
        name
        for case in CASES.values()
        for check in told(*case).content["checks"].values()
        for name in names(check["facts"])
    }
    assert found
    assert not found - set(LABELS)


def test_facts_are_labelled_values_and_things() -> None:
    found = evidence(
        {
            "source": "csv_upload",
            "suspended": False,
            "expires_at": None,
            "held": ["CA-ON-CPSO-1", "CA-ON-CPSO-2"],
            "near": [{"oci_id": "CA-ON-CPSO-3", "kind": "digits_swapped", "times": 2}],
            "something_new": "x",
        }
    )
    said = {str(fact.label): [str(value) for value in fact.values] for fact in found}
    assert said == {
        "Source": ["CSV upload"],
        "Suspended": ["No"],
        "Held here": ["CA-ON-CPSO-1", "CA-ON-CPSO-2"],
        "Asked for, and found nobody": [],
        "something new": ["x"],
    }
    [near] = next(fact.things for fact in found if fact.things)
    assert [str(value) for fact in near for value in fact.values] == ["CA-ON-CPSO-3", "two digits swapped", "2"]
    assert evidence({"seen": [], "grade": None, "note": ""}) == ()


@pytest.mark.parametrize(
    ("written", "language", "read"),
    [
        ("2026-11-21", "en", "Nov 21, 2026"),
        ("2026-11-01", "fr", "1er nov. 2026"),
        ("2026-11-21 14:30", "en", "Nov 21, 2026, 2:30\u202fp.m."),
        ("2026-11-21 14:30", "fr", "21 nov. 2026, 14\u00a0h\u00a030"),
        ("2026-11-21T19:30:00+00:00", "en", "Nov 21, 2026, 2:30\u202fp.m."),
        ("2026-11-21T19:30:00.123456Z", "en", "Nov 21, 2026, 2:30\u202fp.m."),
        ("05:58", "en", "5:58\u202fa.m."),
        ("2026-09-30, 2025-11-20", "en", "Sep 30, 2026; Nov 20, 2025"),
        ("WHMIS-2026", "en", "WHMIS-2026"),
        ("2026-13-45", "en", "2026-13-45"),
        ("99:99", "fr", "99:99"),
        ("CA-ON-CPSO-2026-11-21", "fr", "CA-ON-CPSO-2026-11-21"),
        ("0001-01-01T00:00:00+14:00", "en", "0001-01-01T00:00:00+14:00"),
    ],
)
def test_days_and_times_are_written_as_people_do(written: str, language: Language, read: str) -> None:
    assert respelt(written, language, TORONTO) == read
