"""`/sweeps`: what is counted, how far people come, and that the same request is not swept twice."""

from typing import Any
from uuid import uuid4

import anyio
import pytest

from lrx.api import sweeps as module
from tests.conftest import NOW
from tests.house import House

pytestmark = pytest.mark.anyio

ASKED = {"course": {"shortname": "WHMIS"}, "recipient": "cmars"}


@pytest.fixture
async def course_id(house: House) -> str:
    """A course in which one completion has arrived, one has not for want of an OCI ID, and a third person has begun
    nothing and is of a college CMaRS does not serve."""
    site = house.site
    course = await site.course("WHMIS")
    house.advance(hours=1)
    for username, oci_id in (("amara", "CA-ON-CPSO-1"), ("luc", None)):
        await site.learner(username, oci_id)
        await site.complete(username, "WHMIS", NOW)
    activity = await site.send("POST", f"/courses/{course['id']}/activities", {"full_name": "Module"})
    await site.learner("nadia", "CA-ON-CNO-7")
    await site.complete("nadia", "WHMIS", NOW, activity=activity["id"])
    house.advance(hours=1)
    await site.ask("CA-ON-CPSO-1")
    return str(course["id"])


async def _count(house: House) -> int:
    return len((await house.site.get("/sweeps"))["data"])


async def test_the_funnel_counts_the_first_check_that_stands_in_the_way_and_not_the_one_that_decides(
    house: House, course_id: str
) -> None:
    swept = await house.site.send("POST", "/sweeps", ASKED)
    decides = {group["check"]: (group["reason"], group["learners"]) for group in swept["groups"]}
    assert decides["C4"] == ("college_not_served", 1)
    assert decides["C1"] == ("oci_missing", 1)
    assert {one["stage"]: one["learners"] for one in swept["funnel"]} == {
        "A": 3,
        "B": 2,
        "C": 1,
        "D": 1,
        "E": 1,
        "F": 1,
    }
    assert swept["delivered"] == 1
    assert await house.site.get(f"/sweeps/{swept['id']}") == swept


async def test_a_sweep_sent_again_is_not_made_again(
    house: House, course_id: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    keyed = {"Idempotency-Key": "sweep-1"}
    first = await house.site.api.post("/api/v1/sweeps", json=ASKED, headers=keyed)

    async def never(*_: Any, **__: Any) -> None:
        raise AssertionError("it was swept again")

    monkeypatch.setattr(module, "swept", never)
    again = await house.site.api.post("/api/v1/sweeps", json=ASKED, headers=keyed)
    assert (again.status_code, again.content) == (201, first.content)
    assert again.headers["idempotency-replayed"] == "true"
    assert again.headers["location"] == first.headers["location"]
    other = await house.site.api.post("/api/v1/sweeps", json={**ASKED, "as_of": NOW.isoformat()}, headers=keyed)
    assert (other.status_code, other.json()["code"]) == (422, "idempotency_key_reused")
    assert await _count(house) == 1


async def test_of_many_at_once_one_is_kept_and_all_get_it(house: House, course_id: str) -> None:
    bodies = set()

    async def send() -> None:
        answer = await house.site.api.post("/api/v1/sweeps", json=ASKED, headers={"Idempotency-Key": "sweep-2"})
        assert answer.status_code == 201
        bodies.add(answer.content)

    async with anyio.create_task_group() as group:
        for _ in range(5):
            group.start_soon(send)
    assert (len(bodies), await _count(house)) == (1, 1)


async def test_who_copies_sweeps_gets_one_that_took_longer_than_what_is_consistent_lies_back(
    house: House, course_id: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    original = module.swept
    told: list[str] = []

    async def slow(*given: Any, **options: Any) -> Any:
        found = await original(*given, **options)
        house.advance(seconds=40)
        told.append((await house.site.api.get("/api/v1/sweeps")).headers["LRX-Consistent-Through"])
        return found

    monkeypatch.setattr(module, "swept", slow)
    made = await house.site.send("POST", "/sweeps", ASKED)
    later = (await house.site.get("/sweeps", **{"made_at[gte]": told[0]}))["data"]
    assert [one["id"] for one in later] == [made["id"]]
    assert made["as_of"] < told[0] <= made["made_at"]


async def test_a_course_too_large_for_a_request_is_refused_with_what_to_do(
    house: House, course_id: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(module, "MOST", 2)
    answer = await house.site.api.post("/api/v1/sweeps", json=ASKED, headers={"Idempotency-Key": str(uuid4())})
    assert (answer.status_code, answer.json()["code"]) == (422, "course_too_large")
    assert "lrx sweep" in answer.json()["detail"]
    assert await _count(house) == 0
    monkeypatch.setattr(module, "MOST", 3)
    assert (await house.site.send("POST", "/sweeps", ASKED))["learners"] == 3
