"""Two who change the same thing at the same moment, on PostgreSQL: what one has changed the other builds on, and the
history tells both."""

from typing import Any

import anyio
import asyncpg
import pytest

from tests.conftest import NOW
from tests.house import House

pytestmark = [pytest.mark.anyio, pytest.mark.parametrize("database_url", ["postgresql"], indirect=True)]

A_WHILE = 0.3


async def raw(house: House) -> asyncpg.Connection:
    return await asyncpg.connect(house.exchange.settings.effective_database_url)


async def beside(house: House, first: tuple[str, ...], method: str, path: str, body: object) -> None:
    """Send a request while somebody else's transaction, which has done `first`, is still open."""
    other = await raw(house)
    done = anyio.Event()

    async def send() -> None:
        await house.site.send(method, path, body)
        done.set()

    try:
        async with anyio.create_task_group() as tasks, other.transaction():
            for statement in first:
                await other.execute(statement)
            tasks.start_soon(send)
            await anyio.sleep(A_WHILE)
            assert not done.is_set()
    finally:
        await other.close()


async def latest(house: House, subject_kind: str) -> dict[str, Any]:
    """The last version of the settings of the only subject of its kind."""
    found = await house.site.get("/settings-versions", subject_kind=subject_kind, sort="-changed_at", limit=1)
    return dict(found["data"][0]["values"])


async def test_an_oci_id_given_in_between_is_kept(house: House) -> None:
    learner = await house.site.learner("amara", "CA-ON-CPSO-1")
    given = (
        "SELECT id FROM learner FOR NO KEY UPDATE",
        "INSERT INTO learner_oci_id SELECT (jsonb_populate_record(held, jsonb_build_object("
        "'id', gen_random_uuid(), 'oci_id', 'CA-ON-CNO-7', 'number', '7', 'is_primary', false))).* "
        "FROM learner_oci_id held",
    )
    await beside(house, given, "PUT", "/learners/by/username/amara/oci-id", {"oci_id": "CA-ON-CPSO-2"})
    held = (await house.site.get(f"/learners/{learner['id']}/oci-ids"))["oci_ids"]
    assert [one["oci_id"] for one in held] == ["CA-ON-CPSO-2", "CA-ON-CNO-7"]


async def test_the_history_of_settings_tells_what_another_changed(house: House) -> None:
    settings = (await house.site.get("/recipients/cmars"))["settings"]
    off = ("UPDATE site_recipient SET enabled = false",)
    await beside(house, off, "PATCH", "/recipients/cmars", {"settings": settings | {"served_colleges": ["CA-ON-CNO"]}})
    (latest,) = (
        await house.site.get("/settings-versions", subject_kind="site_recipient", sort="-changed_at", limit=1)
    )["data"]
    assert latest["values"]["enabled"] is False
    assert (await house.site.get("/recipients/cmars"))["enabled"] is False


async def test_the_history_of_a_course_tells_what_another_changed(house: House) -> None:
    course = await house.site.course("W")
    renamed = ("UPDATE course SET full_name = 'Renamed'",)
    await beside(house, renamed, "PATCH", f"/courses/{course['id']}", {"shortname": "X"})
    values = await latest(house, "course")
    assert (values["full_name"], values["shortname"]) == ("Renamed", "X")


async def test_the_place_in_lists_follows_both_names(house: House) -> None:
    learner = await house.site.learner("amara")
    named = ("UPDATE learner SET family_name = 'Okafor'",)
    await beside(house, named, "PATCH", f"/learners/{learner['id']}", {"given_name": "Zoe"})
    other = await raw(house)
    try:
        assert "okafor" in await other.fetchval("SELECT sort_name FROM learner")
    finally:
        await other.close()


async def test_one_account_of_an_lms_is_one_person_whatever_the_scheme(house: House) -> None:
    statuses: list[int] = []

    async def create(scheme: str) -> None:
        lms = {"home_page": f"{scheme}://lms.test", "user_id": "7"}
        statuses.append((await house.site.api.post("/api/v1/learners", json={"lms": lms})).status_code)

    people = [await house.site.learner(name) for name in ("amara", "luc")]

    async def name(learner: dict[str, Any], scheme: str) -> None:
        identity = {"kind": "account", "home_page": f"{scheme}://other.test", "value": "x"}
        answer = await house.site.api.post(f"/api/v1/learners/{learner['id']}/identities", json=identity)
        statuses.append(answer.status_code)

    for _ in range(3):
        async with anyio.create_task_group() as tasks:
            for scheme in ("http", "https"):
                tasks.start_soon(create, scheme)
                tasks.start_soon(name, people[scheme == "http"], scheme)
    assert sorted(statuses).count(201) == 2
    assert len((await house.site.get("/learners"))["data"]) == 3


async def test_nobody_is_left_without_a_name(house: House) -> None:
    lms = {"home_page": "https://lms.test", "user_id": "7"}
    learner = await house.site.learner("amara", lms=lms)
    other = await raw(house)
    try:
        transaction = other.transaction()
        await transaction.start()
        await other.execute("UPDATE learner SET home_page = NULL, lms_user_id = NULL")
        answers: list[int] = []

        async def send() -> None:
            sent = await house.site.api.patch(f"/api/v1/learners/{learner['id']}", json={"username": None})
            answers.append(sent.status_code)

        async with anyio.create_task_group() as tasks:
            tasks.start_soon(send)
            await anyio.sleep(A_WHILE)
            await transaction.commit()
        assert answers == [422]
    finally:
        await other.close()


async def test_a_recorder_who_judged_by_the_old_settings_is_waited_for(house: House) -> None:
    await house.site.course("W")
    house.advance(hours=1)
    await house.site.learner("amara", "CA-ON-CNO-7")
    await house.site.complete("amara", "W", NOW)
    settings = (await house.site.get("/recipients/cmars"))["settings"]
    wanted = {"settings": settings | {"served_colleges": ["CA-ON-CNO"]}}
    judging = ("SELECT settings FROM site_recipient FOR SHARE",)
    await beside(house, judging, "PATCH", "/recipients/cmars", wanted)
    assert [one["status"] for one in (await house.site.get("/deliveries"))["data"]] == ["offered"]
