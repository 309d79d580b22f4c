"""The demonstration tells what it says it tells: every person in it is one cause, and the diagnosis names it."""

import json
import os
import socket
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import httpx
import pytest

WHMIS = "WHMIS-2026"
STATED = {
    "aokafor": ("delivered", "E1", "escalate"),
    "ltremblay": ("blocked", "C1", "oci_missing"),
    "wchen": ("blocked", "C5", "asked_for_near_id"),
    "fhaddad": ("not_sent_by_rule", "C4", "college_not_served"),
    "jfraser": ("not_sent_by_rule", "B5", "source_csv_upload"),
    "psingh": ("not_sent_by_rule", "B5", "source_equivalency"),
    "erossi": ("blocked", "B2", "activity_record_missing"),
    "ncohen": ("not_sent_by_rule", "B3", "out_of_period"),
    "gkim": ("waiting", "D2", "awaiting_inquiry"),
    "ipetrov": ("blocked", "A1", "two_accounts"),
    "ivan.petrov": ("blocked", "A1", "two_accounts"),
    "radler": ("not_sent_by_rule", "B4", "voided"),
}


@contextmanager
def demonstration(folder: Path) -> Iterator[httpx.Client]:
    """A running demonstration with its data in the folder, reached by the key that it printed."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port = probe.getsockname()[1]
    command = [sys.executable, "-m", "lrx", "demo", "--port", str(port), "--json"]
    environment = {name: value for name, value in os.environ.items() if not name.startswith("LRX_")}
    with subprocess.Popen(
        command,
        stdout=subprocess.PIPE,
        stderr=subprocess.DEVNULL,
        cwd=Path(__file__).parents[2],
        env={**environment, "LRX_DATA_DIR": str(folder)},
        text=True,
    ) as running:
        try:
            assert running.stdout is not None
            demo = json.loads(running.stdout.readline())
            headers = {"Authorization": f"Bearer {demo['api_key']}"}
            with httpx.Client(base_url=f"{demo['url']}/api/v1", headers=headers, trust_env=False, timeout=30) as api:
                yield api
        finally:
            running.terminate()
            running.wait(timeout=30)


@pytest.fixture(scope="module")
def api(tmp_path_factory: pytest.TempPathFactory) -> Iterator[httpx.Client]:
    """A demonstration that tests only ask: they run in any order."""
    with demonstration(tmp_path_factory.mktemp("demo")) as shared:
        yield shared


def diagnosed(api: httpx.Client, username: str) -> dict[str, Any]:
    body = {"learner": {"username": username}, "course": {"shortname": WHMIS}, "recipient": "cmars"}
    answer = api.post("/diagnoses", json=body)
    assert answer.status_code == 201, answer.text
    made: dict[str, Any] = answer.json()
    return made


@pytest.mark.parametrize("username", STATED)
def test_every_person_gets_the_stated_verdict(api: httpx.Client, username: str) -> None:
    verdict = diagnosed(api, username)["verdict"]

    assert (verdict["state"], verdict["check"], verdict["reason"]) == STATED[username]


def test_cmars_is_told_what_it_asked_though_the_college_is_not_served(api: httpx.Client) -> None:
    made = diagnosed(api, "fhaddad")
    asked = {"audience": "recipient_contact", "language": "en"}
    letter = str(api.get(f"/diagnoses/{made['id']}/replies", params=asked).json())
    assert "CA-ON-CNO-1234567, every course; answered WS400" in letter
    assert "you have not asked" not in letter


def test_nobody_in_the_story_is_left_out(api: httpx.Client) -> None:
    people = api.get("/learners", params={"limit": 200}).json()["data"]

    assert {one["username"] for one in people if one["username"]} == set(STATED)


def test_what_is_missing_at_cmars_is_shown_beside_what_it_asks_for(api: httpx.Client) -> None:
    (missing,) = [one for one in diagnosed(api, "ltremblay")["checks"] if one["id"] == "C1"]
    (swapped,) = [one for one in diagnosed(api, "wchen")["checks"] if one["id"] == "C5"]

    assert "CA-ON-CPSO-12345" in [one["oci_id"] for one in missing["facts"]["near"]]
    assert swapped["facts"]["near"][0]["kind"] == "digits_swapped"
    assert (swapped["facts"]["near"][0]["oci_id"], swapped["facts"]["held"]) == (
        "CA-ON-CPSO-54312",
        ["CA-ON-CPSO-54321"],
    )


def reported(api: httpx.Client, course_id: str, **wanted: str) -> int:
    """How many learners the report of the course shows with this filter."""
    path, count, cursor = f"/courses/{course_id}/learning-record-report", 0, None
    while True:
        page = api.get(path, params={**wanted, "limit": 200, **({"cursor": cursor} if cursor else {})}).json()
        count, cursor = count + len(page["data"]), page["next_cursor"]
        if cursor is None:
            return count


def assert_counted_alike(api: httpx.Client, course: dict[str, Any]) -> set[str]:
    """The sweep of the course counts what its report shows; returns the reasons."""

    def at_cmars(**wanted: str) -> int:
        return reported(api, course["id"], recipient="cmars", **wanted)

    answer = api.post("/sweeps", json={"course": {"id": course["id"]}, "recipient": "cmars"})
    assert answer.status_code == 201, answer.text
    swept = answer.json()
    everybody = swept["learners"]
    stopped = {stage["stage"]: everybody - stage["learners"] for stage in swept["funnel"]}

    assert reported(api, course["id"]) == at_cmars() == everybody > 0
    for group in swept["groups"]:
        assert at_cmars(chip=group["chip"], reason=group["reason"]) == group["learners"], (course["full_name"], group)
    assert at_cmars(chip="needs_action") + at_cmars(chip="not_sent") == stopped["F"]
    assert at_cmars(chip="delivered") == swept["delivered"]
    assert sorted(stopped.values()) == list(stopped.values())
    return {group["reason"] for group in swept["groups"]}


def test_what_a_sweep_counts_is_what_the_report_shows(api: httpx.Client) -> None:
    courses = api.get("/courses", params={"limit": 200}).json()
    assert (len(courses["data"]) > 1, courses["has_more"]) == (True, False)
    for course in courses["data"]:
        assert_counted_alike(api, course)


def test_so_it_is_for_a_course_that_no_longer_sends(tmp_path: Path) -> None:
    with demonstration(tmp_path) as own:
        for course in own.get("/courses", params={"limit": 200}).json()["data"]:
            assert own.delete(f"/courses/{course['id']}/recipients/cmars").status_code == 204
            assert "no_course_recipient" in assert_counted_alike(own, course)
