"""Learners in bulk: created, or changed where the user name is known."""

from collections.abc import Sequence

import sqlalchemy as sa
from sqlmodel import Session

from lrx.batches.parked_statements import replay_parked
from lrx.delivery.outbox import lock_learners
from lrx.lower_case import lower_case
from lrx.models import Learner
from lrx.people import learners
from lrx.people.learner_fields import LearnerFields, Reason, Username
from lrx.people.name_locks import lock_names
from lrx.piecework import Circumstances, Kind, Outcome, Result, each
from lrx.tables import table
from lrx.xapi.subjects import Awaited, agent_subjects

__all__ = ["KIND", "LearnerItem"]


class LearnerItem(LearnerFields):
    """A person, found by user name. Of a known one the fields given are changed, and those left out stay."""

    username: Username
    reason: Reason | None = None
    """Why; kept in the history of each change."""


def _work(session: Session, circumstances: Circumstances, items: Sequence[LearnerItem]) -> Sequence[Result]:
    _lock(session, circumstances, items)
    results = each(_one)(session, circumstances, items)
    changed = [
        item
        for item, result in zip(items, results, strict=True)
        if isinstance(result, Outcome) and result.word != "unchanged"
    ]
    if changed:
        replay_parked(session, circumstances, _awaited(changed))
    return results


def _lock(session: Session, circumstances: Circumstances, items: Sequence[LearnerItem]) -> None:
    """Lock those who are known, and the names of those who are not, in one order: two batches of the same people then
    never wait for each other."""
    columns, site_id = table(Learner).c, circumstances.act.site_id
    names = {lower_case(item.username) for item in items}
    known = sa.select(columns.id, columns.username).where(columns.site_id == site_id, columns.username.in_(names))
    found = session.connection().execute(known).all()
    lock_learners(session, [learner_id for learner_id, _ in found])
    lock_names(session, site_id, names - {username for _, username in found})


def _one(session: Session, circumstances: Circumstances, item: LearnerItem) -> Outcome:
    act = circumstances.act
    learner = learners.by_username(session, act, item.username)
    if learner is None:
        return Outcome("created", learners.create(session, act, item.columns()).id)
    changed = learners.change(session, act, learner, item.columns(), reason=item.reason)
    return Outcome("changed" if changed else "unchanged", learner.id)


def _awaited(items: Sequence[LearnerItem]) -> Awaited:
    """What statements of these people may be parked under."""
    known = [item.lms for item in items if item.lms is not None]
    marks = [agent_subjects("account", lms.home_page, lms.user_id) for lms in known]
    return Awaited(frozenset().union(*marks), frozenset(lower_case(item.username) for item in items))


KIND = Kind(
    name="learners",
    permission="learners:write",
    pointer="/learners",
    item=LearnerItem,
    work=_work,
    piece=25,
)
