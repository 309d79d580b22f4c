"""Several callers at the same moment: one is first, nothing is doubled, and nobody gets a 500."""

import asyncio
from collections import Counter
from random import Random
from typing import Any
from uuid import UUID

import httpx
import pytest
import sqlalchemy as sa
from sqlalchemy.engine import make_url
from sqlalchemy.ext.asyncio import create_async_engine
from sqlalchemy.pool import NullPool
from sqlmodel import Session

from lrx.api import idempotency
from lrx.database import open_database
from lrx.delivery.outbox import lock_learner
from tests.house import House

pytestmark = pytest.mark.anyio

DONE = "2026-11-18T09:12:00-05:00"
KEY = {"Idempotency-Key": "k1"}


async def at_once(house: House, method: str, path: str, bodies: list[Any]) -> Counter[int]:
    """Send all of them at once; returns how often each status came back."""

    async def send(body: Any) -> httpx.Response:
        return await house.site.api.request(method, f"/api/v1{path}", json=body)

    return Counter(answer.status_code for answer in await asyncio.gather(*(send(body) for body in bodies)))


async def test_the_same_person_or_course_is_made_once(house: House) -> None:
    people = await at_once(house, "POST", "/learners", [{"username": "amara"}] * 8)
    courses = await at_once(house, "POST", "/courses", [{"full_name": "W", "shortname": "W"}] * 8)

    assert people == {201: 1, 409: 7}
    assert courses == {201: 1, 409: 7}


async def test_batches_of_the_same_new_people_in_any_order_are_all_done(house: House) -> None:
    people = [{"username": f"user{number:03}"} for number in range(100)]
    bodies = [{"learners": Random(seed).sample(people, 100)} for seed in range(8)]

    assert await at_once(house, "POST", "/learners/batch", bodies) == {200: 8}
    assert (await house.site.get("/learners", include="total"))["total"] == 100


async def test_a_recipient_is_added_to_a_course_once(house: House) -> None:
    course = await house.site.course("W", to_cmars=False)

    statuses = await at_once(house, "POST", f"/courses/{course['id']}/recipients", [{"recipient": "cmars"}] * 8)

    assert statuses == {201: 1, 409: 7}
    (link,) = (await house.site.get(f"/courses/{course['id']}/recipients"))["data"]
    assert len(link["intervals"]) == 1


async def test_one_oci_id_is_given_to_one_of_two_people(house: House) -> None:
    people = [await house.site.learner(f"user{number}") for number in range(6)]

    async def give(learner: dict[str, Any]) -> int:
        body = {"oci_ids": ["CA-ON-CPSO-12345"]}
        answer = await house.site.api.put(f"/api/v1/learners/{learner['id']}/oci-ids", json=body)
        return answer.status_code

    statuses = Counter(await asyncio.gather(*(give(one) for one in people)))

    assert statuses == {200: 1, 409: 5}


async def test_the_same_completion_is_recorded_once_and_owed_once(house: House) -> None:
    await house.site.learner("amara", "CA-ON-CPSO-12345")
    await house.site.course("W")
    claim = {"learner": {"username": "amara"}, "course": {"shortname": "W"}, "completed_at": DONE}

    statuses = await at_once(house, "POST", "/learning-records", [claim] * 8)

    assert statuses == {201: 1, 200: 7}
    (record,) = (await house.site.get("/learning-records"))["data"]
    assert len((await house.site.get(f"/learning-records/{record['id']}"))["deliveries"]) == 1


async def test_a_record_is_voided_once(house: House) -> None:
    await house.site.learner("amara", "CA-ON-CPSO-12345")
    await house.site.course("W")
    record = (await house.site.complete("amara", "W", DONE))["learning_record_id"]

    statuses = await at_once(house, "POST", f"/learning-records/{record}/void", [{"reason": "A test"}] * 6)

    assert statuses == {200: 1, 409: 5}
    assert len((await house.site.get(f"/learning-records/{record}"))["voidings"]) == 1


async def test_what_is_recorded_while_a_recipient_is_added_is_released_or_legacy_by_its_time(house: House) -> None:
    """Whatever the order in which their transactions end: none is left without a delivery."""
    course = await house.site.course("W", to_cmars=False)
    for number in range(20):
        await house.site.learner(f"user{number}", f"CA-ON-CPSO-{70000 + number}")

    async def add() -> None:
        await asyncio.sleep(0.01)
        await house.site.send("POST", f"/courses/{course['id']}/recipients", {"recipient": "cmars"})

    await asyncio.gather(add(), *(house.site.complete(f"user{number}", "W", DONE) for number in range(20)))

    seen = [await house.site.records_at_cmars(f"CA-ON-CPSO-{70000 + number}") for number in range(20)]
    assert [len(one) for one in seen] == [1] * 20, "the clock stands still: all were recorded when it was added"


async def test_statements_and_administrators_may_name_the_same_person_at_once(house: House) -> None:
    statement = {
        "actor": {"name": "Demo", "account": {"homePage": "https://lms.example.org", "name": "7"}},
        "verb": {"id": "http://adlnet.gov/expapi/verbs/completed"},
        "object": {
            "id": "https://lms.example.org/course/view.php?id=2",
            "definition": {"type": "https://w3id.org/xapi/cmi5/activitytype/course"},
        },
        "context": {
            "extensions": {
                "http://lrs.learninglocker.net/define/extensions/info": {
                    "event_name": "\\core\\event\\course_completed"
                }
            }
        },
        "timestamp": "2026-11-18T09:12:00.000Z",
    }
    await house.site.statements([statement])
    body = {"lms": {"home_page": "https://lms.example.org", "user_id": "7"}}

    _, statuses = await asyncio.gather(house.project(), at_once(house, "POST", "/learners", [body] * 4))
    await house.project()

    assert statuses.keys() <= {201, 409}
    assert len((await house.site.get("/learners"))["data"]) == 1
    assert len((await house.site.get("/learning-records"))["data"]) == 1
    assert (await house.site.get("/statements/parked"))["data"] == []


async def test_of_twins_with_one_key_a_corrected_one_is_recorded_though_the_first_is_refused(house: House) -> None:
    await house.site.learner("amara", "CA-ON-CPSO-12345")
    await house.site.course("W")

    def claim(username: str) -> dict[str, Any]:
        return {
            "learner": {"username": username},
            "course": {"shortname": "W"},
            "completed_at": "2026-11-01T10:00:00Z",
        }

    async def send(username: str, key: str) -> httpx.Response:
        headers = {"Idempotency-Key": key}
        return await house.site.api.post("/api/v1/learning-records", json=claim(username), headers=headers)

    for number in range(5):
        key = f"key-{number}"
        answers = await asyncio.gather(send("nobody", key), send("nobody", key), send("amara", key), send("amara", key))
        assert [one.status_code for one in answers[:2]] in ([404, 404], [422, 422])
        assert {one.status_code for one in answers[2:]} <= {200, 201}
        assert answers[2].content == answers[3].content


@pytest.mark.parametrize("database_url", ["postgresql"], indirect=True)
async def test_a_question_does_not_wait_for_whoever_records_for_the_person(house: House, database_url: str) -> None:
    learner = await house.site.learner("amara", "CA-ON-CPSO-12345")
    url = make_url(database_url).set(drivername="postgresql+asyncpg")
    engine = create_async_engine(url, poolclass=NullPool)
    async with engine.connect() as recording:
        await recording.run_sync(lambda connection: lock_learner(Session(connection), UUID(learner["id"])))

        answer = await asyncio.wait_for(house.site.ask("CA-ON-CPSO-12345"), 10)

        assert answer.status_code == 200
        await recording.rollback()
    await engine.dispose()


@pytest.mark.parametrize("database_url", ["postgresql"], indirect=True)
async def test_a_twin_of_a_completion_is_told_to_come_again_and_holds_nobody_up_for_long(
    house: House, database_url: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(idempotency, "PATIENCE", 1)
    await house.site.course("W")
    for username in ("amara", "luc"):
        await house.site.learner(username)

    async def record(username: str, **headers: str) -> httpx.Response:
        body = {"learner": {"username": username}, "course": {"shortname": "W"}, "completed_at": DONE}
        return await house.site.api.post("/api/v1/learning-records", json=body, headers=headers)

    url = make_url(database_url).set(drivername="postgresql+asyncpg")
    engine = create_async_engine(url, poolclass=NullPool)
    async with engine.connect() as first:
        await first.execute(
            sa.text(
                "INSERT INTO idempotency_key (id, site_id, credential_id, key, request_hash, status, body, created_at)"
                " SELECT gen_random_uuid(), site_id, id, 'k1', 'another', 0, '', created_at FROM credential"
            )
        )
        twin, other = await asyncio.wait_for(asyncio.gather(record("amara", **KEY), record("luc")), 10)
        assert (twin.status_code, twin.json()["code"]) == (409, "idempotency_in_flight")
        assert other.status_code == 201
        await first.rollback()
    await engine.dispose()
    assert (await record("amara", **KEY)).status_code == 201


@pytest.mark.parametrize("database_url", ["postgresql"], indirect=True)
async def test_a_transaction_that_stands_still_gives_back_what_others_wait_for(database_url: str) -> None:
    database = open_database(database_url)
    shown = sa.text("SHOW idle_in_transaction_session_timeout")
    assert await database.read(lambda session: session.connection().execute(shown).scalar_one()) == "15s"
    await database.close()
