"""Statements parked for somebody or something that becomes known: found whatever the case of the name and however long
the mark, and many of them by a job."""

from typing import Any

import pytest

from lrx.batches import KINDS, parked_statements, recipient_settings
from lrx.job_runner import Runner
from tests.house import House

pytestmark = pytest.mark.anyio

HOME_PAGE = "https://lms.test"
COURSE = f"{HOME_PAGE}/course/view.php?id=2"


def completed(name: str, home_page: str = HOME_PAGE, day: int = 10) -> dict[str, Any]:
    return {
        "actor": {"account": {"homePage": home_page, "name": name}},
        "verb": {"id": "http://adlnet.gov/expapi/verbs/completed"},
        "object": {
            "id": COURSE,
            "definition": {"type": "https://w3id.org/xapi/lms/activity-types/course"},
        },
        "timestamp": f"2026-11-{day:02}T09:00:00Z",
    }


async def park(house: House, *statements: dict[str, Any]) -> None:
    assert (await house.site.statements(statements, strict=True)).status_code == 200
    await house.project()
    assert len((await house.site.get("/statements/parked"))["data"]) == len(statements)


@pytest.mark.parametrize(
    ("name", "home_page"), [("JSmith", HOME_PAGE), ("jsmith", f"{HOME_PAGE}/{'x' * 200}"), ("J|Smith", HOME_PAGE)]
)
@pytest.mark.parametrize("way", ["alone", "batch"])
async def test_they_are_found_by_the_user_name(house: House, name: str, home_page: str, way: str) -> None:
    await house.site.course("W", iri=COURSE)
    await park(house, completed(name, home_page))
    person = {"username": name.swapcase()}
    if way == "alone":
        await house.site.send("POST", "/learners", person)
    else:
        await house.site.send("POST", "/learners/batch", {"learners": [person]}, status=200)
    assert (await house.site.get("/statements/parked"))["data"] == []
    assert len((await house.site.get("/learning-records"))["data"]) == 1


async def test_many_are_projected_by_a_job_that_nobody_waits_for(house: House, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(parked_statements, "AT_ONCE", 2)
    people = ("amara", "luc", "nadia")
    for name in people:
        await house.site.learner(name)
    await park(house, *map(completed, people))
    await house.site.course("W", iri=COURSE)
    assert len((await house.site.get("/statements/parked"))["data"]) == 3
    (job,) = (await house.site.get("/jobs"))["data"]
    assert (job["kind"], job["total"]) == ("parked_statements", 3)
    await Runner(house.exchange, KINDS).run_once()
    assert (await house.site.get(f"/jobs/{job['id']}"))["counts"] == {"projected": 3}
    assert (await house.site.get("/statements/parked"))["data"] == []
    assert len((await house.site.get("/learning-records"))["data"]) == 3


async def test_what_stays_parked_or_is_parked_no_more_is_told(house: House, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(parked_statements, "AT_ONCE", 1)
    await house.site.course("W", iri=COURSE)
    await park(house, completed("amara"), completed("luc"), completed("nadia"))
    asked = await house.site.send("POST", "/statements/parked/replay", {})
    assert asked["still_parked"] == 3
    await house.site.learner("amara")
    await Runner(house.exchange, KINDS).run_once()
    items = (await house.site.get(f"/jobs/{asked['job_id']}/items"))["data"]
    assert [one["outcome"] for one in items] == ["failed", "parked", "parked"]
    assert items[0]["problem"]["code"] == "parked_unknown"
    assert (await house.site.send("POST", "/statements/parked/replay", {}))["job_id"] is not None


async def test_a_list_of_statements_set_aside_shows_the_beginning_of_each(house: House) -> None:
    body = b'["' + b"0123456789" * 1_000 + b'"]'
    assert (await house.site.statements(body)).headers["LRX-Set-Aside"] == "1"
    (listed,) = (await house.site.get("/statements/set-aside"))["data"]
    shown = await house.site.get(f"/statements/set-aside/{listed['id']}")
    assert (len(listed["body"]), listed["body_bytes"]) == (2_000, shown["body_bytes"])
    assert len(shown["body"]) == shown["body_bytes"] > 10_000
    assert shown["body"].startswith(listed["body"])
    assert {**listed, "body": ""} == {**shown, "body": ""}


async def test_new_settings_of_a_recipient_are_judged_for_many_by_a_job(
    house: House, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(recipient_settings, "AT_ONCE", 1)
    await house.site.course("W")
    house.advance(hours=1)
    for number, name in enumerate(("amara", "luc")):
        await house.site.learner(name, f"CA-ON-CNO-{number + 1}")
        await house.site.complete(name, "W", house.clock.now())

    async def reasons() -> set[str | None]:
        return {one["reason"] for one in (await house.site.get("/deliveries"))["data"]}

    before = await reasons()
    assert None not in before
    settings = (await house.site.get("/recipients/cmars"))["settings"]
    wanted = {**settings, "served_colleges": [*settings["served_colleges"], "CA-ON-CNO"]}
    await house.site.send("PATCH", "/recipients/cmars", {"settings": wanted})
    assert await reasons() == before
    await Runner(house.exchange, KINDS).run_once()
    assert await reasons() == {None}
    (job,) = (await house.site.get("/jobs"))["data"]
    assert (job["kind"], job["counts"]) == ("recipient_settings", {"judged": 2})
