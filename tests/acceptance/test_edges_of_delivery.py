"""Where two meet, where lists grow long, and where a value is nearly right: nobody gets a 500, and nothing is lost."""

import asyncio
import base64
import json
from collections import Counter
from collections.abc import Callable
from typing import Any
from uuid import UUID

import pytest
import sqlalchemy as sa
from sqlalchemy.exc import DBAPIError
from sqlmodel import Session, select

from lrx import credentials
from lrx.access import ALL_SCOPES
from lrx.courses import preflight as preflights
from lrx.database import Simultaneous
from lrx.delivery import outbox
from lrx.models import CredentialKind, Delivery, DeliveryStatus, Inquiry
from lrx.oci_id import OciId
from lrx.recipient import Outcome
from lrx.sites import create_site
from lrx.tables import table
from tests.house import House, SiteOfHouse

pytestmark = pytest.mark.anyio

DONE = "2026-11-18T09:12:00-05:00"
OCI = "CA-ON-CPSO-12345"


def claim(username: str, at: str = DONE, shortname: str = "W", **fields: Any) -> dict[str, Any]:
    return {"learner": {"username": username}, "course": {"shortname": shortname}, "completed_at": at, **fields}


async def test_two_lists_of_the_same_people_in_opposite_order_are_both_taken(house: House) -> None:
    await house.site.course("W", to_cmars=False)
    names = [f"user{number}" for number in range(30)]
    for name in names:
        await house.site.learner(name)

    for year in range(2020, 2024):
        claims = [claim(name, f"{year}-11-18T09:12:00-05:00") for name in names]
        answers = await asyncio.gather(
            *(house.site.api.post("/api/v1/learning-records", json=body) for body in (claims, claims[::-1]))
        )
        assert [answer.is_success for answer in answers] == [True, True], [answer.text for answer in answers]
        results = Counter(one["result"] for answer in answers for one in answer.json()["data"])
        assert results == {"recorded": 30, "known": 30}

    assert len((await house.site.get("/learning-records", limit=200))["data"]) == 120


class BrokenOff(Exception):
    """What PostgreSQL's driver raises, by its code."""

    def __init__(self, sqlstate: str) -> None:
        super().__init__(sqlstate)
        self.sqlstate = sqlstate


def fails(times: int, sqlstate: str) -> Callable[[Session], int]:
    """Work that is broken off so many times, then returns how often it ran."""
    runs: list[int] = []

    def work(_session: Session) -> int:
        runs.append(1)
        if len(runs) <= times:
            raise DBAPIError("UPDATE", {}, BrokenOff(sqlstate))
        return len(runs)

    return work


@pytest.mark.parametrize("sqlstate", ["40P01", "40001"])
async def test_what_postgresql_broke_off_is_done_again(house: House, sqlstate: str) -> None:
    database = house.exchange.database
    if database._server is None:
        with pytest.raises(DBAPIError):  # SQLite has one writer, which nobody breaks off
            await database.write(fails(1, sqlstate))
        return

    assert await database.write(fails(3, sqlstate)) == 4
    with pytest.raises(Simultaneous):
        await database.write(fails(4, sqlstate))
    with pytest.raises(DBAPIError):
        await database.write(fails(1, "22003"))


async def test_what_was_delivered_in_the_meantime_is_not_held_back(house: House) -> None:
    await house.site.learner("amara", OCI)
    await house.site.course("W")
    await house.site.complete("amara", "W", DONE)

    def hold_what_was_offered(session: Session) -> bool:
        read = session.exec(select(Delivery)).one()
        assert read.status is DeliveryStatus.OFFERED
        seen = outbox._Standing(read.id, read.recipient, read.subject_id, read.status, read.reason)
        session.connection().execute(sa.update(table(Delivery)).values(status=DeliveryStatus.DELIVERED))
        return outbox._move(session, house.act(session), seen, DeliveryStatus.HELD, "oci_missing")

    def withdraw_what_was_offered(session: Session) -> bool:
        read = session.exec(select(Delivery)).one()
        seen = outbox._Standing(read.id, read.recipient, read.subject_id, DeliveryStatus.OFFERED, None)
        return outbox._move(session, house.act(session), seen, DeliveryStatus.WITHDRAWN, "voided")

    assert not await house.exchange.database.write(hold_what_was_offered)
    status = await house.exchange.database.read(lambda session: session.exec(select(Delivery.status)).one())
    assert status is DeliveryStatus.DELIVERED

    assert await house.exchange.database.write(withdraw_what_was_offered), "voiding withdraws what was delivered too"
    status = await house.exchange.database.read(lambda session: session.exec(select(Delivery.status)).one())
    assert status is DeliveryStatus.WITHDRAWN


@pytest.mark.parametrize(
    ("path", "name"),
    [
        ("/inquiries", "asked_at[gte]"),
        ("/inquiries", "asked_at[lt]"),
        ("/inquiries/unmatched", "asked_at[gte]"),
        ("/learning-records", "recorded_at[gte]"),
        ("/learning-records", "recorded_at[lt]"),
    ],
)
async def test_a_time_needs_its_zone_and_a_place_in_the_calendar(house: House, path: str, name: str) -> None:
    for value, code in (
        ("2026-11-01", "not_date_time"),
        ("2026-11-01T00:00:00", "not_date_time"),
        ("0001-01-01T00:00:00+14:00", "value_invalid"),
        ("9999-12-31T23:59:59-05:00", "value_invalid"),
    ):
        answer = await house.site.api.get(f"/api/v1{path}", params={name: value})
        assert answer.status_code == 400, answer.text
        assert [fault["code"] for fault in answer.json()["errors"]] == [code]

    assert (await house.site.get(path, **{name: "2026-11-01T00:00:00-05:00"}))["data"] == []


async def test_a_cursor_beyond_the_calendar_is_nobodys(house: House) -> None:
    content = ["learning-records:recorded_at", "0001-01-01T00:00:00+14:00", str(UUID(int=1))]
    cursor = base64.urlsafe_b64encode(json.dumps(content, separators=(",", ":")).encode()).decode().rstrip("=")

    answer = await house.site.api.get("/api/v1/learning-records", params={"cursor": cursor})

    assert (answer.status_code, answer.json()["code"]) == (400, "cursor_invalid")


async def test_a_site_without_the_profile_field_is_told_so(house: House) -> None:
    def bare_site(session: Session) -> str:
        now = house.clock.now()
        create_site(session, "bare", "America/Toronto", now, lambda: house.exchange.ids(now), name="Bare")
        issued = credentials.issue(
            session, house.act(session, "bare"), house.exchange.random, CredentialKind.API, name="t", scopes=ALL_SCOPES
        )
        return issued.key

    key = await house.exchange.database.write(bare_site)
    answer = await house.http.get("/api/v1/profile-fields/ociid", headers={"Authorization": f"Bearer {key}"})

    assert (answer.status_code, answer.json()["code"]) == (409, "profile_field_missing")


async def test_a_page_of_many_long_numbers_is_shown(house: House) -> None:
    await house.site.learner("amara", "CA-ON-CPSO-10000000")
    await house.site.learner("wei", "CA-ON-CMO-1234567890123")
    asked = [f"CA-ON-CPSO-{10_000_007 + 1_370_021 * number:08}" for number in range(60)]
    asked += [f"CA-ON-CPSO-{10**39 + 7_919 * number}" for number in range(140)]
    asked += ["CA-ON-CPSO-1000000", "CA-ON-CPSO-1234567890123", "CA-ON-CPSO-1234567890124"]
    await keep_misses(house.site, house, asked)

    page = await house.site.get("/inquiries/unmatched", limit=200)
    rest = await house.site.get("/inquiries/unmatched", limit=200, cursor=page["next_cursor"])

    close = {one["asked"]: one["near_misses"] for one in page["data"] + rest["data"]}
    assert len(close) == 203
    assert [one["kind"] for one in close["CA-ON-CPSO-1000000"]] == ["digit_added"]
    assert [one["kind"] for one in close["CA-ON-CPSO-1234567890123"]] == ["same_number_other_college"]
    assert close["CA-ON-CPSO-1234567890124"] == [], "no slips are looked for in numbers this long"


async def keep_misses(site: SiteOfHouse, house: House, asked: list[str]) -> None:
    """Keep one question that found nobody for each of these."""
    await site.ask(asked[0])

    def work(session: Session) -> None:
        first = session.exec(select(Inquiry)).one().model_dump()
        act = house.act(session)
        rows = [
            {**first, "id": act.new_id(), "asked": one, "oci_id": OciId.parse(one), "outcome": Outcome.UNKNOWN_LEARNER}
            for one in asked[1:]
        ]
        session.connection().execute(sa.insert(table(Inquiry)), rows)

    await house.exchange.database.write(work)


async def test_a_course_of_very_many_people_is_looked_over_before_a_recipient_is_added(
    house: House, monkeypatch: pytest.MonkeyPatch
) -> None:
    course = await house.site.course("W", to_cmars=False)
    learner = await house.site.learner("amara", OCI)
    learners = [UUID(int=number) for number in range(40_000)] + [UUID(learner["id"])]
    monkeypatch.setattr(preflights, "_learners", lambda *_: learners)

    seen = await house.site.get(f"/courses/{course['id']}/recipients/cmars/preflight")

    assert (seen["learners"], seen["without_oci_id"]) == (40_001, 40_000)


async def test_questions_that_ended_differently_are_told_apart(house: House) -> None:
    await house.site.ask("CA-ON-CPSO-99999")
    house.advance(minutes=1)
    await house.site.send("PATCH", "/recipients/cmars", {"settings": {"served_colleges": ["CA-ON-CMO"]}})
    await house.site.ask("CA-ON-CPSO-99999")
    await house.site.ask("CA-ON-CPSO-99999")

    groups = (await house.site.get("/inquiries/unmatched"))["data"]
    assert [(one["outcome"], one["code"], one["times"]) for one in groups] == [
        ("college_not_served", "WS400", 2),
        ("unknown_learner", "WS401", 1),
    ]
    for group in groups:
        (only,) = (await house.site.get("/inquiries/unmatched", outcome=group["outcome"]))["data"]
        assert only == group
    first = await house.site.get("/inquiries/unmatched", limit=1)
    second = await house.site.get("/inquiries/unmatched", limit=1, cursor=first["next_cursor"])
    assert first["data"] + second["data"] == groups
    assert second["next_cursor"] is None


@pytest.mark.parametrize(
    ("reporting_period", "shown"),
    [(None, 1), ({"start_month": 1, "start_day": 1, "length_months": 24, "anchor_year": 2026}, 0)],
)
async def test_expiry_counts_where_the_recipient_has_a_period_of_its_own(
    house: House, reporting_period: dict[str, Any] | None, shown: int
) -> None:
    """A course that expires each 31 December from now on; its record was kept while it expired after 30 days."""
    await house.site.learner("amara", OCI)
    expiry = {"rule": "after", "count": 30, "unit": "days"}
    course = await house.site.course("W", to_cmars=False, expiry=expiry)
    link = {"recipient": "cmars", "reporting_period": reporting_period}
    await house.site.send("POST", f"/courses/{course['id']}/recipients", link)
    await house.site.complete("amara", "W", "2026-09-01T09:12:00-05:00")
    assert len(await house.site.records_at_cmars(OCI)) == 0

    await house.site.send("PATCH", f"/courses/{course['id']}", {"expiry": {"rule": "on", "month": 12, "day": 31}})

    assert len(await house.site.records_at_cmars(OCI)) == shown


async def test_an_external_id_names_one_completion_of_the_site(house: House) -> None:
    for name in ("amara", "wei"):
        await house.site.learner(name)
    for name in ("W", "X"):
        await house.site.course(name, to_cmars=False)
    made = await house.site.complete("amara", "W", DONE, external_id="one")
    later = "2026-11-19T09:12:00-05:00"
    amended = await house.site.complete("amara", "W", later, external_id="two")
    assert amended["result"] == "amended"

    for external_id, at in (("one", DONE), ("two", later)):
        for other in (
            claim("wei", at, external_id=external_id),
            claim("amara", at, "X", external_id=external_id),
            claim("amara", "2026-11-20T09:12:00-05:00", external_id=external_id),
        ):
            refused = await house.site.send("POST", "/learning-records", other, status=409)
            assert refused["code"] == "external_id_taken"

    again = await house.site.complete("amara", "W", DONE, external_id="one")
    assert (again["result"], again["learning_record_id"]) == ("known", made["learning_record_id"])
    again = await house.site.complete("amara", "W", later, external_id="two")
    assert (again["result"], again["amendment_id"]) == ("known", amended["amendment_id"])
    (only,) = (await house.site.get("/learning-records"))["data"]
    assert only["id"] == made["learning_record_id"]


async def test_a_mandatory_activity_from_before_the_recipient_holds_the_course(house: House) -> None:
    await house.site.learner("amara", "CA-ON-CPSO-12345")
    course = await house.site.course("W", to_cmars=False)
    body = {"full_name": "Module", "mandatory": True}
    activity = await house.site.send("POST", f"/courses/{course['id']}/activities", body)
    await house.site.complete("amara", "W", "2026-11-18T09:00:00-05:00", activity=activity["id"])
    house.advance(hours=1)
    await house.site.send("POST", f"/courses/{course['id']}/recipients", {"recipient": "cmars"})
    made = await house.site.complete("amara", "W", "2026-11-18T09:12:00-05:00")

    record = await house.site.get(f"/learning-records/{made['learning_record_id']}")
    assert [(one["status"], one["reason"]) for one in record["deliveries"]] == [("held", "activity_record_missing")]
    assert await house.site.records_at_cmars("CA-ON-CPSO-12345") == []


async def test_a_key_kept_under_an_earlier_rule_is_no_obstacle(house: House) -> None:
    await house.site.learner("amara")
    rule = {"rule": "on", "month": 12, "day": 31, "every_years": 3, "anchor_year": 2025}
    course = await house.site.course("W", expiry=rule)
    await house.site.complete("amara", "W", "2025-05-01T12:00:00Z")
    await house.site.send("PATCH", f"/courses/{course['id']}", {"expiry": {"rule": "on", "month": 12, "day": 31}})

    made = await house.site.complete("amara", "W", "2023-05-01T12:00:00Z")

    assert made["result"] == "recorded"
