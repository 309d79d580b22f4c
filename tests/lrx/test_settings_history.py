"""Settings as they were: every change leaves a version, and a past instant is answered with the version of then."""

from collections.abc import Mapping
from datetime import datetime, timedelta
from typing import Any
from uuid import UUID

import pytest
from sqlalchemy import event
from sqlmodel import Session

from lrx.models import SettingsOf
from lrx.settings_history import as_of
from tests.house import House

pytestmark = pytest.mark.anyio

YEARLY = {"rule": "on", "month": 12, "day": 31, "every_years": 1, "anchor_year": None}
MONTHS = {"rule": "after", "count": 12, "unit": "months"}
FROM_APRIL = {"start_month": 4, "start_day": 1}


async def versions(house: House, **filters: str) -> list[dict[str, Any]]:
    """The versions kept, without their numbers."""
    found = (await house.site.get("/settings-versions", limit="100", **filters))["data"]
    return [{name: value for name, value in one.items() if name not in ("seq", "object")} for one in found]


async def seen_at(
    house: House, kind: SettingsOf, subject_id: str, instant: datetime | None
) -> Mapping[str, Any] | None:
    """What held then of one subject."""

    def look(session: Session) -> Mapping[str, Any] | None:
        act, subject = house.act(session), UUID(subject_id)
        return as_of(session, act.site_id, kind, [subject], instant).get(subject)

    return await house.exchange.database.read(look)


async def test_a_course_leaves_a_version_at_each_change_of_its_settings(house: House) -> None:
    made = house.clock.now()
    course = await house.site.course("WHMIS", to_cmars=False)
    house.advance(days=1)
    await house.site.send("PATCH", f"/courses/{course['id']}", {"expiry": YEARLY, "full_name": "WHMIS 2026"})
    house.advance(days=1)
    await house.site.send("PATCH", f"/courses/{course['id']}", {"idnumber": "HS-204"})
    await house.site.send("PATCH", f"/courses/{course['id']}", {"expiry": YEARLY})

    kept = await versions(house, subject_id=course["id"])

    assert [one["values"] for one in kept] == [
        {
            "full_name": "WHMIS",
            "shortname": "WHMIS",
            "expiry": {"rule": "never"},
            "recertification_window": None,
            "repeats": "one_per_cycle",
        },
        {
            "full_name": "WHMIS 2026",
            "shortname": "WHMIS",
            "expiry": YEARLY,
            "recertification_window": None,
            "repeats": "one_per_cycle",
        },
    ]
    assert [one["changed_at"] for one in kept] == [
        time.isoformat().replace("+00:00", "Z") for time in (made, made + timedelta(days=1))
    ]
    assert {one["subject_kind"] for one in kept} == {"course"}
    assert all(one["actor"].startswith("api:") for one in kept)


async def test_a_recipient_of_a_course_leaves_a_version_when_added_changed_and_removed(house: House) -> None:
    course = await house.site.course("WHMIS")
    path = f"/courses/{course['id']}/recipients"
    await house.site.send("PATCH", f"{path}/cmars", {"reporting_period": FROM_APRIL})
    await house.site.send("DELETE", f"{path}/cmars")
    await house.site.send("POST", path, {"recipient": "cmars"})
    kept = await versions(house, subject_kind="course_recipient")
    assert [one["values"]["active"] for one in kept] == [True, True, False, True]
    periods = [one["values"]["reporting_period"] for one in kept]
    assert [bool(period) for period in periods] == [False, True, True, False]
    assert periods[1]["start_month"] == 4


async def test_a_recipient_of_the_site_leaves_no_trace_of_its_credentials(house: House) -> None:
    (switched_on,) = await versions(house, subject_kind="site_recipient")
    assert switched_on["values"]["enabled"] is True
    await house.site.send("PATCH", "/recipients/cmars", {"credentials": {}})
    assert await versions(house, subject_kind="site_recipient") == [switched_on]
    await house.site.send("PATCH", "/recipients/cmars", {"enabled": False})
    kept = await versions(house, subject_kind="site_recipient")
    assert [(one["values"]["enabled"], sorted(one["values"])) for one in kept] == [
        (True, ["enabled", "settings"]),
        (False, ["enabled", "settings"]),
    ]


async def test_a_past_instant_is_answered_with_what_held_then(house: House) -> None:
    before = house.clock.now() - timedelta(seconds=1)
    first = house.clock.now()
    course = await house.site.course("WHMIS", to_cmars=False)
    house.advance(days=1)
    second = house.clock.now()
    await house.site.send("PATCH", f"/courses/{course['id']}", {"expiry": YEARLY})
    house.advance(days=1)
    await house.site.send("PATCH", f"/courses/{course['id']}", {"expiry": MONTHS})

    async def rule(instant: datetime | None) -> str | None:
        values = await seen_at(house, SettingsOf.COURSE, course["id"], instant)
        return values["expiry"]["rule"] if values else None

    assert await rule(before) is None
    assert await rule(first) == "never"
    assert await rule(second - timedelta(microseconds=1)) == "never"
    assert await rule(second) == "on"
    assert await rule(house.clock.now()) == await rule(None) == "after"
    listed = await versions(
        house, subject_id=course["id"], **{"changed_at[lte]": second.isoformat(), "sort": "-changed_at"}
    )
    assert listed[0]["values"]["expiry"] == YEARLY


async def test_settings_of_many_subjects_are_read_in_one_query_and_of_one_site_only(house: House) -> None:
    ids = [UUID((await house.site.course(f"C{number}", to_cmars=False))["id"]) for number in range(5)]
    harbour = await house.add_site("harbour")
    foreign = UUID((await harbour.course("C0", to_cmars=False))["id"])

    def look(session: Session) -> tuple[set[UUID], int]:
        site_id, asked = house.act(session).site_id, 0

        def count(*_: object) -> None:
            nonlocal asked
            asked += 1

        connection = session.connection()
        event.listen(connection, "before_cursor_execute", count)
        found = as_of(session, site_id, SettingsOf.COURSE, [*ids, foreign], None)
        event.remove(connection, "before_cursor_execute", count)
        return set(found), asked

    assert await house.exchange.database.read(look) == (set(ids), 1)
