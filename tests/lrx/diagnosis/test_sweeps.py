"""A sweep judges everybody as a single diagnosis would."""

from collections import Counter
from datetime import timedelta
from uuid import UUID
from zoneinfo import ZoneInfo

import pytest
from sqlmodel import Session, select

from lrx.access import Act
from lrx.diagnosis.diagnoses import diagnosed, situation_of
from lrx.diagnosis.reading.situations import At
from lrx.diagnosis.sweeps import PIECE, CourseTooLarge, Judged, judged, swept
from lrx.models import Activity, Course, Credential
from tests.house import House
from tests.lrx.diagnosis.crowd import fill

PEOPLE = 5_000
pytestmark = pytest.mark.anyio
ZONE = ZoneInfo("America/Toronto")


async def _crowd(house: House, people: int) -> tuple[At, UUID]:
    """A course with everybody in it, which sends to CMaRS since a year ago; CMaRS asks every day."""
    made = await house.site.course("WHMIS")
    await house.site.send("POST", f"/courses/{made['id']}/activities", {"full_name": "Module", "mandatory": True})
    house.advance(days=120)

    def work(session: Session) -> tuple[At, UUID]:
        course = session.exec(select(Course)).one()
        activity = session.exec(select(Activity)).one()
        credential = session.exec(select(Credential).where(Credential.recipient == "cmars")).one()
        now = house.clock.now()
        act = Act(course.site_id, ZONE, "system:test", "-", now, lambda: house.exchange.ids(now))
        fill(session, act, course, activity, credential.id, people)
        return At(course.site_id, ZONE, now), course.id

    return await house.exchange.database.write(work)


async def test_a_sweep_of_five_thousand_learners_equals_five_thousand_diagnoses(house: House) -> None:
    at, course_id = await _crowd(house, PEOPLE)
    recipient = house.exchange.recipients["cmars"]
    found = await swept(house.exchange.database, at, recipient, course_id)

    def one_by_one(session: Session) -> dict[UUID, Judged]:
        alone: dict[UUID, Judged] = {}
        for place, learner_id in enumerate(found):
            if place % 100 == 0:
                situation = situation_of(session, at, course_id, recipient)
            alone[learner_id] = judged(diagnosed(session, at, situation, [learner_id])[learner_id])
        return alone

    assert len(found) == PEOPLE
    assert await house.exchange.database.read(one_by_one) == found
    reasons = Counter(one.group.reason for one in found.values())
    assert len(reasons) > 12, reasons


async def test_what_happens_during_a_sweep_changes_nothing_of_it(house: House) -> None:
    at, course_id = await _crowd(house, PIECE // 5)
    recipient = house.exchange.recipients["cmars"]
    before = await swept(house.exchange.database, at, recipient, course_id)
    house.advance(hours=1)
    learner_id = next(learner_id for learner_id, one in before.items() if one.group.reason == "oci_missing")
    await house.site.send("PUT", f"/learners/{learner_id}/oci-ids", {"oci_ids": ["CA-ON-CPSO-999999"]})
    later = At(at.site_id, at.zone, at.instant + timedelta(hours=2))

    assert await swept(house.exchange.database, at, recipient, course_id) == before
    then = await swept(house.exchange.database, later, recipient, course_id)
    assert then[learner_id].group.reason != "oci_missing"


async def test_a_course_is_judged_where_it_has_as_many_as_are_judged_and_not_where_it_has_one_more(
    house: House,
) -> None:
    at, course_id = await _crowd(house, 3)
    recipient = house.exchange.recipients["cmars"]
    assert len(await swept(house.exchange.database, at, recipient, course_id, most=3)) == 3
    with pytest.raises(CourseTooLarge):
        await swept(house.exchange.database, at, recipient, course_id, most=2)
