"""The server is killed again and again while it does jobs: in the end everything is as if nobody had killed it."""

import random
from collections import Counter
from functools import partial
from typing import Any

import anyio
import pytest
import sqlalchemy as sa
from sqlmodel import Session

from lrx.batches import KINDS
from lrx.exchange import Exchange
from lrx.job_runner import Runner
from lrx.models import (
    Amendment,
    AuditEntry,
    Course,
    Delivery,
    Job,
    JobItem,
    JobStatus,
    Learner,
    LearnerChange,
    LearnerOciId,
    LearningRecord,
)
from lrx.sites import site_named
from lrx.tables import table
from tests.house import House, SiteOfHouse
from tests.served import Served

pytestmark = pytest.mark.anyio

PEOPLE = 220
RECORDS = 400
LONGEST_LIFE = 0.2
"""Seconds from ready, or from the first work, to the kill."""
PATIENCE = 60
"""Seconds a server may take to do something, on the slowest of machines."""
KILLED_IDLE = 0.2
"""How often a server is killed whether it has done something or not."""
OPEN = (JobStatus.QUEUED, JobStatus.RUNNING)


async def test_jobs_come_to_the_same_end_however_often_the_server_is_killed(house: House, served: Served) -> None:
    await _kill(house, served, random.Random(11), kills=10)


@pytest.mark.slow
@pytest.mark.parametrize("seed", [1, 2, 3])
async def test_jobs_come_to_the_same_end_after_many_kills(house: House, served: Served, seed: int) -> None:
    await _kill(house, served, random.Random(seed), kills=20)


async def _kill(house: House, served: Served, chance: random.Random, *, kills: int) -> None:
    spared, killed = house.site, await house.add_site("killed")
    for site in (spared, killed):
        for course in ("once", "always"):
            await site.course(course, repeats="every_completion" if course == "always" else "one_per_cycle")
    rounds = 0
    while kills > 0:
        await _ask(spared, rounds)
        await _work(house.exchange)
        await _ask(killed, rounds)
        rounds += 1
        while await house.exchange.database.read(_are_open):
            before = await house.exchange.database.read(_done)
            served.start()
            # Some die before they have done anything; not all, or a slow machine would never come to the end.
            until = _are_open if kills == 0 else partial(_is_idle, before=before)
            waits = kills == 0 or chance.random() > KILLED_IDLE
            with anyio.fail_after(PATIENCE):
                while waits and await house.exchange.database.read(until):
                    await anyio.sleep(0.02)
            await anyio.sleep(chance.uniform(0, LONGEST_LIFE))
            served.kill()
            if kills and await house.exchange.database.read(_are_open):
                kills -= 1
    expected, found = [await house.exchange.database.read(_state_of(code)) for code in ("default", "killed")]
    for name, rows in expected.items():
        assert found[name] == rows, name
    assert len(found["record"]) >= rounds * RECORDS / 2


async def _work(exchange: Exchange) -> None:
    runner = Runner(exchange, KINDS)
    while await runner.run_once():
        pass


async def _ask(site: SiteOfHouse, number: int) -> None:
    """Three jobs with items that are new, known, changed and wrong. They wait for nobody: one is ahead of the other."""
    people = [{"username": f"{number}-{one % 200}", "given_name": f"Name {one % 3}"} for one in range(PEOPLE)]
    people[7] = {"username": ""}
    await site.send("POST", "/learners/batch", {"learners": people[:200]}, status=200)
    numbers = [
        {"username": f"{number}-{one % 210}", "oci_id": f"CPSO {10000 * number + one % 150}"} for one in range(PEOPLE)
    ]
    claims = [_claim(number, one) for one in range(RECORDS)]
    for path, name, items in (
        ("/learners/batch", "learners", people),
        ("/oci-ids/batch", "oci_ids", numbers),
        ("/learning-records/batch", "learning_records", claims),
    ):
        await site.send("POST", path, {name: items}, status=202)


def _claim(number: int, one: int) -> dict[str, Any]:
    claim: dict[str, Any] = {
        "learner": {"username": f"{number}-{one % 40 + 10}" if one % 17 else "nobody"},
        "course": {"shortname": "always" if one % 4 else "once"},
        "completed_at": f"2026-01-{one % 28 + 1:02}T10:{one % 60:02}:{number % 60:02}Z",
    }
    if one % 2:
        claim["external_id"] = f"{number}-{one}"
    return claim


def _done(session: Session) -> int:
    """How many items have been done in all."""
    return int(session.connection().execute(sa.select(sa.func.sum(table(Job).c.done))).scalar_one())


def _is_idle(session: Session, before: int) -> bool:
    return _done(session) == before


def _are_open(session: Session) -> bool:
    query = sa.select(sa.func.count()).where(table(Job).c.status.in_(OPEN))
    return bool(session.connection().execute(query).scalar_one())


def _state_of(code: str) -> Any:
    """What the site holds, by names that are the same at every site, with how often it is there."""

    def state(session: Session) -> dict[str, Counter[Any]]:
        site_id = site_named(session, code).id
        learner, course, record, job = (table(model).c for model in (Learner, Course, LearningRecord, Job))
        oci_id, change, amendment = (table(model).c for model in (LearnerOciId, LearnerChange, Amendment))
        delivery, entry, item = (table(model).c for model in (Delivery, AuditEntry, JobItem))
        queries = {
            "learner": sa.select(learner.username, learner.given_name).where(learner.site_id == site_id),
            "change": sa.select(learner.username, change.field, change.old, change.new)
            .join_from(table(LearnerChange), table(Learner), change.learner_id == learner.id)
            .where(change.site_id == site_id),
            "oci_id": sa.select(learner.username, oci_id.oci_id, oci_id.is_primary)
            .join_from(table(LearnerOciId), table(Learner), oci_id.learner_id == learner.id)
            .where(oci_id.site_id == site_id),
            "record": sa.select(
                learner.username, course.shortname, record.completed_at, record.external_id, record.claim_key
            )
            .join_from(table(LearningRecord), table(Learner), record.learner_id == learner.id)
            .join(table(Course), record.course_id == course.id)
            .where(record.site_id == site_id),
            "amendment": sa.select(record.claim_key, amendment.completed_at, amendment.external_id)
            .join_from(table(Amendment), table(LearningRecord), amendment.record_id == record.id)
            .where(amendment.site_id == site_id),
            "delivery": sa.select(learner.username, record.completed_at, delivery.status, delivery.reason)
            .join_from(table(Delivery), table(LearningRecord), delivery.subject_id == record.id)
            .join(table(Learner), record.learner_id == learner.id)
            .where(delivery.site_id == site_id),
            "audit": sa.select(entry.action, entry.subject_kind).where(
                entry.site_id == site_id, entry.subject_kind.in_(("learner", "learning_record", "job"))
            ),
            "job": sa.select(job.kind, job.status, job.total, job.done).where(job.site_id == site_id),
            "item": sa.select(job.kind, item.place, item.outcome)
            .join_from(table(JobItem), table(Job), item.job_id == job.id)
            .where(item.site_id == site_id),
        }
        return {name: Counter(map(tuple, session.connection().execute(query))) for name, query in queries.items()}

    return state
