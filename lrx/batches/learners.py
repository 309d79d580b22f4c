"""Learners in bulk: created, or changed where the user name is known."""

from collections.abc import Sequence

import sqlalchemy as sa
from sqlmodel import Session

from lrx.delivery.outbox import lock_learners
from lrx.lower_case import lower_case
from lrx.models import Learner
from lrx.people import learners
from lrx.people.learner_fields import LearnerFields, Reason, Username
from lrx.piecework import Circumstances, Kind, Outcome, Result, each
from lrx.tables import table
from lrx.xapi.projector import replay_subjects, subjects_named
from lrx.xapi.subjects import agent_subjects

__all__ = ["KIND", "LearnerItem"]


class LearnerItem(LearnerFields):
    """A person, found by user name. Of a known one the fields given are changed, and those left out stay."""

    username: Username
    reason: Reason | None = None
    """Why; kept in the history of each change."""


def _work(session: Session, circumstances: Circumstances, items: Sequence[LearnerItem]) -> Sequence[Result]:
    _lock(session, circumstances, items)
    results = each(_one)(session, circumstances, items)
    subjects: set[str] = set()
    for item, result in zip(items, results, strict=True):
        if isinstance(result, Outcome) and result.word != "unchanged":
            subjects |= _subjects(session, circumstances, item)
    if subjects:
        replay_subjects(session, circumstances.act, circumstances.recipients, frozenset(subjects))
    return results


def _lock(session: Session, circumstances: Circumstances, items: Sequence[LearnerItem]) -> None:
    """Lock those who are known in one order: two batches of the same people then never wait for each other."""
    columns = table(Learner).c
    names = {lower_case(item.username) for item in items}
    known = sa.select(columns.id).where(columns.site_id == circumstances.act.site_id, columns.username.in_(names))
    lock_learners(session, session.connection().execute(known).scalars().all())


def _one(session: Session, circumstances: Circumstances, item: LearnerItem) -> Outcome:
    act = circumstances.act
    learner = learners.by_username(session, act, item.username)
    if learner is None:
        return Outcome("created", learners.create(session, act, item.columns()).id)
    changed = learners.change(session, act, learner, item.columns(), reason=item.reason)
    return Outcome("changed" if changed else "unchanged", learner.id)


def _subjects(session: Session, circumstances: Circumstances, item: LearnerItem) -> frozenset[str]:
    """The marks under which statements may be parked for this person."""
    named = subjects_named(session, circumstances.act, lower_case(item.username))
    return named if item.lms is None else named | agent_subjects("account", item.lms.home_page, item.lms.user_id)


KIND = Kind(
    name="learners",
    permission="learners:write",
    pointer="/learners",
    item=LearnerItem,
    work=_work,
    piece=25,
)
