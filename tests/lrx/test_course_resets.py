"""Courses begun anew: all their records voided or let expire as one act, at once or by a job."""

from typing import Any

import pytest

from lrx.batches import KINDS, course_resets
from lrx.job_runner import Runner
from tests.house import House

pytestmark = pytest.mark.anyio

OCI = "CA-ON-CPSO-12345"
OLD = "2026-03-02T09:00:00-05:00"
NEW = "2026-11-18T09:00:00-05:00"


@pytest.fixture
async def ward(house: House) -> House:
    """A course W with a mandatory quiz and another course; amara and jroy have completed all three, jroy in March."""
    course = await house.site.course("W")
    quiz = await house.site.send(
        "POST", f"/courses/{course['id']}/activities", {"full_name": "Quiz", "mandatory": True}
    )
    await house.site.course("OTHER")
    for username, oci_id, at in (("amara", OCI, NEW), ("jroy", "CA-ON-CPSO-777", OLD)):
        await house.site.learner(username, oci_id)
        await house.site.complete(username, "W", at, activity=quiz["id"])
        await house.site.complete(username, "W", at)
        await house.site.complete(username, "OTHER", at)
    return house


async def path_of(house: House) -> str:
    course = await house.site.get("/courses/by/shortname/W")
    return f"/courses/{course['id']}/resets"


async def records(house: House) -> dict[tuple[str, str, bool], dict[str, Any]]:
    """By user name and course, and whether of the activity."""
    people = {one["id"]: one["username"] for one in (await house.site.get("/learners"))["data"]}
    courses = {one["id"]: one["shortname"] for one in (await house.site.get("/courses"))["data"]}
    return {
        (people[one["learner_id"]], courses[one["course_id"]], one["activity_id"] is not None): one
        for one in (await house.site.get("/learning-records"))["data"]
    }


async def work(house: House) -> None:
    runner = Runner(house.exchange, KINDS)
    while await runner.run_once():
        pass


@pytest.mark.parametrize(
    ("mode", "flag", "facts"), [("void", "voided", "voidings"), ("expire", "expired_by_administrator", "expirations")]
)
async def test_every_record_of_the_course_is_done_and_names_the_reset(
    ward: House, mode: str, flag: str, facts: str
) -> None:
    path = await path_of(ward)
    assert len(await ward.site.records_at_cmars(OCI)) == 3

    made = await ward.site.send("POST", path, {"mode": mode, "reason": "New content"}, status=201)

    assert (made["mode"], made["records"], made["job_id"]) == (mode, 4, None)
    kept = await records(ward)
    assert {one for one, record in kept.items() if record[flag]} == {one for one in kept if one[1] == "W"}
    done = (await ward.site.get(f"/{facts}", reset_id=made["id"]))["data"]
    assert {one["record_id"] for one in done} == {kept[one]["id"] for one in kept if one[1] == "W"}
    assert {one["reason"] for one in done} == {"New content"}
    assert len(await ward.site.records_at_cmars(OCI)) == 1
    assert (await ward.site.get(path))["data"] == [made]
    assert await ward.site.get(f"{path}/{made['id']}") == made
    entries = (await ward.site.get("/audit", limit=200))["data"]
    (reset,) = [one for one in entries if one["action"] == "reset"]
    assert reset["detail"] == {"reset_id": made["id"], "mode": mode, "records": 4}
    of_records = [one for one in entries if one["detail"].get("reset_id") == made["id"] and one["action"] == mode]
    assert len(of_records) == 4


async def test_a_reset_leaves_what_was_done_before_and_what_was_completed_later(ward: House) -> None:
    path, kept = await path_of(ward), await records(ward)
    await ward.site.send("POST", f"/learning-records/{kept['jroy', 'W', True]['id']}/void", {"reason": "A mistake"})
    before = {"mode": "expire", "reason": "The old content", "completed_before": "2026-11-18T09:00:00-05:00"}
    assert (await ward.site.send("POST", path, before))["records"] == 1
    kept = await records(ward)
    assert [one for one, record in kept.items() if record["expired_by_administrator"]] == [("jroy", "W", False)]
    everything = {"mode": "expire", "reason": "All of it"}
    assert (await ward.site.send("POST", path, everything))["records"] == 2
    assert (await ward.site.send("POST", path, everything))["records"] == 0
    assert (await ward.site.send("POST", path, {**everything, "mode": "void"}))["records"] == 3
    assert [one["records"] for one in (await ward.site.get(path, mode="expire"))["data"]] == [0, 2, 1]


async def test_everybody_can_complete_the_course_again_after_it(ward: House) -> None:
    await ward.site.send("POST", await path_of(ward), {"mode": "expire", "reason": "New content"})
    ward.advance(hours=1)
    course = await ward.site.get("/courses/by/shortname/W")
    (quiz,) = (await ward.site.get(f"/courses/{course['id']}/activities"))["data"]
    for activity in (quiz["id"], None):
        assert (await ward.site.complete("amara", "W", ward.clock.now(), activity=activity))["result"] == "recorded"
    assert len(await ward.site.records_at_cmars(OCI)) == 3


async def test_many_records_are_done_by_a_job_and_what_came_later_is_not_touched(
    ward: House, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(course_resets, "AT_ONCE", 2)
    path = await path_of(ward)
    made = await ward.site.send("POST", path, {"mode": "void", "reason": "New content"}, status=201)
    assert made["records"] == 4
    assert not any(record["voided"] for record in (await records(ward)).values())
    await ward.site.learner("late")
    late = await ward.site.complete("late", "W", NEW)
    kept = await records(ward)
    await ward.site.send("POST", f"/learning-records/{kept['amara', 'W', True]['id']}/void", {"reason": "By hand"})
    ward.advance(minutes=5)

    await work(ward)

    job = await ward.site.get(f"/jobs/{made['job_id']}")
    assert (job["kind"], job["status"], job["counts"]) == ("course_resets", "done", {"voided": 3, "unchanged": 1})
    kept = await records(ward)
    assert {one for one, record in kept.items() if record["voided"]} == {
        (username, "W", is_activity) for username in ("amara", "jroy") for is_activity in (False, True)
    }
    assert not (await ward.site.get(f"/learning-records/{late['learning_record_id']}"))["voided"]
    items = (await ward.site.get(f"/jobs/{made['job_id']}/items"))["data"]
    assert {one["detail"]["reset_id"] for one in items} == {made["id"]}
    done = (await ward.site.get("/voidings", reset_id=made["id"]))["data"]
    assert {one["voided_at"] for one in done} == {ward.clock.now().isoformat().replace("+00:00", "Z")}


async def test_a_reset_is_of_one_site(ward: House) -> None:
    path = await path_of(ward)
    harbour = await ward.add_site("harbour")
    body = {"mode": "void", "reason": "New content"}
    assert (await harbour.send("POST", path, body, status=404))["code"] == "course_unknown"
    made = await ward.site.send("POST", path, body)
    assert (await harbour.send("GET", f"{path}/{made['id']}", status=404))["code"] == "course_reset_unknown"
    refused = await ward.site.send("POST", path, {**body, "mode": "delete"}, status=422)
    assert refused["errors"][0]["pointer"] == "/mode"
