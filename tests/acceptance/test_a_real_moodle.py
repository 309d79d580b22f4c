"""The captured requests of a real Moodle 4.3, sent again: the records they make, and that nothing is doubled or
lost."""

import json
from typing import Any

import pytest

from tests.house import COURSE_IRI, House, captured_requests

pytestmark = pytest.mark.anyio

EXPECTED = {
    ("Amira Okafor", "Hypertension Update 2026", None, "2026-11-21T23:16:24Z"),
    ("Amira Okafor", "Hypertension Update 2026", "Case simulation (SCORM)", "2026-11-21T23:16:22Z"),
    ("Amira Okafor", "Hypertension Update 2026", "Post-test", "2026-11-21T23:16:24Z"),
    ("Amira Okafor", "Hypertension Update 2026", "Read the guideline", "2026-11-21T23:16:21Z"),
    ("Amira Okafor", "Hypertension Update 2026", "Reflective statement", "2026-11-21T23:16:21Z"),
    ("Bruno Silva", "Hypertension Update 2026", "Post-test", "2026-11-21T23:16:31Z"),
    ("Bruno Silva", "Hypertension Update 2026", "Read the guideline", "2026-11-21T23:16:24Z"),
    ("Chloé Durand-Lévêque", "Hypertension Update 2026", "Disclosure", "2026-11-21T23:16:31Z"),
    ("Chloé Durand-Lévêque", "Hypertension Update 2026", "Read the guideline", "2026-11-21T23:16:31Z"),
    ("Chloé Durand-Lévêque", "Hypertension Update 2026", "Reflective statement", "2026-11-21T23:16:33Z"),
    ("Dmitri Novák", "Hypertension Update 2026", "Disclosure", "2026-11-21T23:16:42Z"),
    ("Dmitri Novák", "Hypertension Update 2026", "Read the guideline", "2026-11-21T23:16:43Z"),
}
"""Amira alone completed the course. Bruno passed the quiz at the second try; the assignment of Chloé a teacher
overrode."""


@pytest.fixture(autouse=True)
def _the_next_morning(house: House) -> None:
    """The requests were captured late on the day of the tests' clock."""
    house.advance(hours=12)


async def all_of(house: House, path: str) -> list[dict[str, Any]]:
    data: list[dict[str, Any]] = []
    cursor: dict[str, str] = {}
    while True:
        page = await house.site.get(path, limit=200, **cursor)
        data += page["data"]
        if not page["has_more"]:
            return data
        cursor = {"cursor": page["next_cursor"]}


async def records(house: House) -> set[tuple[str, str, str | None, str]]:
    people = {one["id"]: one["full_name"] for one in await all_of(house, "/learners")}
    courses = {one["id"]: one["full_name"] for one in await all_of(house, "/courses")}
    activities = {
        one["id"]: one["full_name"]
        for course in courses
        for one in await all_of(house, f"/courses/{course}/activities")
    }
    found = await all_of(house, "/learning-records")
    listed = [
        (people[one["learner_id"]], courses[one["course_id"]], activities.get(one["activity_id"]), one["completed_at"])
        for one in found
    ]
    assert len(listed) == len(set(listed)), "a record is there twice"
    return set(listed)


async def send_all(house: House, batches: list[list[dict[str, Any]]]) -> None:
    for batch in batches:
        answer = await house.site.statements(batch)
        assert answer.status_code == 200, answer.text
        assert len(answer.json()) == len(batch)


def in_batches_of(size: int) -> list[list[dict[str, Any]]]:
    statements = [statement for request in captured_requests() for statement in request]
    return [statements[start : start + size] for start in range(0, len(statements), size)]


@pytest.mark.parametrize("size", [None, 1, 7, 30, 1000], ids=["as sent", "one", "seven", "thirty", "all at once"])
async def test_any_split_of_the_requests_sent_twice_makes_the_same_records(house: House, size: int | None) -> None:
    batches = captured_requests() if size is None else in_batches_of(size)

    await send_all(house, batches)
    await house.project()
    first = await records(house)
    await send_all(house, batches)
    await house.project()

    assert first == EXPECTED
    assert await records(house) == EXPECTED


async def test_sending_while_the_projector_runs_makes_the_same_records(house: House) -> None:
    for batch in in_batches_of(3):
        await send_all(house, [batch])
        await house.project()

    assert await records(house) == EXPECTED


async def test_a_fail_is_kept_and_is_no_credit(house: House) -> None:
    until_the_fail = [
        statement
        for request in captured_requests()
        for statement in request
        if statement["timestamp"] < "2026-11-21T23:16:28"
    ]
    await send_all(house, [until_the_fail])
    await house.project()

    assert ("Bruno Silva", "Hypertension Update 2026", "Post-test") not in {one[:3] for one in await records(house)}


async def test_every_statement_is_stored_or_set_aside_with_a_reason(house: House) -> None:
    broken = {"actor": {"mbox": "not an address"}, "verb": {"id": "completed"}}
    batch = [captured_requests()[1][9], broken, captured_requests()[1][10]]

    answer = await house.site.statements(batch)

    assert answer.status_code == 200
    assert len(answer.json()) == 2
    assert answer.headers["LRX-Set-Aside"] == "1"
    aside = (await house.site.get("/statements/set-aside"))["data"]
    assert [json.loads(one["body"]) for one in aside] == [broken]
    assert {fault["pointer"] for fault in aside[0]["faults"]} >= {"/object", "/verb/id", "/actor/mbox"}


async def test_a_statement_set_aside_is_stored_once_it_is_corrected(house: House) -> None:
    good = captured_requests()[1][9]
    await house.site.statements([{**good, "verb": {"id": "completed"}}])
    aside = (await house.site.get("/statements/set-aside"))["data"][0]

    await house.site.send("POST", f"/statements/set-aside/{aside['id']}/replay", {}, status=422)
    replayed = await house.site.send("POST", f"/statements/set-aside/{aside['id']}/replay", {"statement": good})
    await house.project()

    assert replayed["replayed_as"] is not None
    assert ("Amira Okafor", "Hypertension Update 2026", None, "2026-11-21T23:16:24Z") in await records(house)
    await house.site.send("POST", f"/statements/set-aside/{aside['id']}/replay", {}, status=409)


async def test_the_heartbeat_is_answered_with_an_empty_array(house: House) -> None:
    answer = await house.site.statements([])

    assert (answer.status_code, answer.json()) == (200, [])
    assert (await house.site.get("/audit", subject_kind="statements"))["data"] == []


async def test_people_by_e_mail_or_by_another_name_are_parked_until_they_are_mapped(house: House) -> None:
    await send_all(house, captured_requests())
    await house.project()
    parked = {one["subject"]: one["reason"] for one in await all_of(house, "/statements/parked")}
    dmitri = next(one for one in await all_of(house, "/learners") if one["full_name"] == "Dmitri Novák")

    assert parked == {
        "mbox:|dmitri.novak@example.invalid": "unknown_learner",
        "account:https://lms.academy.example|dmitri.novak": "account_name_kind",
    }

    await house.site.send(
        "POST", f"/learners/{dmitri['id']}/identities", {"kind": "mbox", "value": "dmitri.novak@example.invalid"}
    )
    account = {"kind": "account", "home_page": "https://lms.academy.example/", "value": "dmitri.novak"}
    await house.site.send("POST", f"/learners/{dmitri['id']}/identities", account)

    assert await all_of(house, "/statements/parked") == []
    assert await records(house) == EXPECTED


async def test_rebuilding_the_projection_from_nothing_gives_the_same(house: House) -> None:
    from lrx.xapi.projector import rebuild

    await send_all(house, captured_requests())
    await house.project()
    before = await all_of(house, "/learning-records")
    parked = await all_of(house, "/statements/parked")

    await house.exchange.database.write(rebuild)
    assert await house.project() == 82, "every statement is read again"

    assert await all_of(house, "/learning-records") == before
    assert [one["subject"] for one in await all_of(house, "/statements/parked")] == [one["subject"] for one in parked]


async def test_the_exact_bytes_of_a_statement_are_kept(house: House) -> None:
    import sqlalchemy as sa

    from lrx.models import Statement
    from lrx.tables import table

    one = json.dumps(captured_requests()[1][11], ensure_ascii=False, indent=1).replace('"raw": 100', '"raw": 1.00e2')
    body = f"[ {one} , {json.dumps(captured_requests()[1][9])}]".encode()

    assert (await house.site.statements(body)).status_code == 200

    rows = await house.exchange.database.read(
        lambda session: session.connection().execute(sa.select(table(Statement).c.body)).scalars().all()
    )
    assert one.encode() in rows


async def test_cmars_is_told_of_the_course_a_real_moodle_reported(house: House) -> None:
    await send_all(house, [captured_requests()[0][:20]])
    await house.project()
    course = (await house.site.get("/courses", iri=COURSE_IRI))["data"][0]
    await house.site.send("POST", f"/courses/{course['id']}/recipients", {"recipient": "cmars"})
    await send_all(house, captured_requests())
    await house.project()
    amira = next(one for one in await all_of(house, "/learners") if one["full_name"] == "Amira Okafor")
    await house.site.send("PUT", f"/learners/{amira['id']}/oci-ids", {"oci_ids": ["CPSO 12345"]})

    seen = await house.site.records_at_cmars("CA-ON-CPSO-12345")

    assert sorted(one["object"] for one in seen) == ["activity"] * 4 + ["course"]
