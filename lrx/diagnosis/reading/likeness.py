"""Accounts that may be one person: found by name, e-mail or id number, and by an OCI ID held twice."""

from collections import defaultdict
from collections.abc import Collection, Mapping, Sequence
from datetime import datetime
from operator import attrgetter
from typing import NamedTuple
from uuid import UUID

from sqlmodel import Session

from lrx.diagnosis.facts import Account, LookAlike
from lrx.diagnosis.reading.lapses import lapses_of
from lrx.diagnosis.reading.newest import Newest
from lrx.diagnosis.reading.situations import At
from lrx.models import Learner, LearnerOciId, LearningRecord
from lrx.oci_id import OciId
from lrx.people.names import full_name
from lrx.source import SENT_SOURCES, Source
from lrx.tables import Rows, among, same, until

__all__ = ["Person", "look_alikes", "people_of", "sharers"]

SHOWN = 5
"""Most look-alikes of one account."""
MOST_ALIKE = 20
"""Most accounts with one name, address or number that each account is compared with: a placeholder is shared by
thousands. The newest of them, so that what is shown does not depend on who else is looked at."""


class Person(NamedTuple):
    """An account, with the parts of its name and what others may share with it."""

    id: UUID
    family_name: str | None
    given_name: str | None
    full_name: str | None
    username: str | None
    email: str | None
    idnumber: str | None
    language: str | None
    suspended: bool
    sort_name: str
    email_folded: str | None

    @property
    def account(self) -> Account:
        """The account as the checks know it."""
        return Account(
            self.id, full_name(self), self.username, self.email, self.idnumber, self.language, self.suspended
        )


class _Holder(NamedTuple):
    learner_id: UUID
    oci_id: OciId
    held_from: datetime
    held_until: datetime | None


class _Recorded(NamedTuple):
    learner_id: UUID
    id: UUID
    source: Source
    completed_at: datetime


def _sharing(column: str) -> Newest[Person]:
    return Newest(
        Person,
        Learner,
        lambda of: (same(of.site_id), until(of.created_at), among(of[column])),
        ["id"],
        {(column,): MOST_ALIKE},
    )


_BY_ID = Rows(Person, Learner, lambda of: (same(of.site_id), until(of.created_at), among(of.id)))
_SHARED: Mapping[str, tuple[str, Newest[Person]]] = {
    "name": ("sort_name", _sharing("sort_name")),
    "email": ("email_folded", _sharing("email_folded")),
    "idnumber": ("idnumber", _sharing("idnumber")),
}
_HELD_BY = Rows(
    _Holder, LearnerOciId, lambda of: (same(of.site_id), until(of.held_from), among(of.learner_id)), "held_from"
)
_HOLDERS = Rows(_Holder, LearnerOciId, lambda of: (same(of.site_id), until(of.held_from), among(of.oci_id)))
_RECORDED = Rows(
    _Recorded,
    LearningRecord,
    lambda of: (
        same(of.site_id),
        same(of.course_id),
        of.activity_id.is_(None),
        until(of.stored_at),
        among(of.learner_id),
    ),
)


def people_of(session: Session, at: At, learner_ids: Collection[UUID]) -> list[Person]:
    """Return the accounts of the site with these ids that were there at the instant."""
    return _BY_ID.read_pieces(session, learner_ids, site_id=at.site_id, instant=at.instant)


def look_alikes(
    session: Session, at: At, course_id: UUID, own: Sequence[Person]
) -> defaultdict[UUID, tuple[LookAlike, ...]]:
    """Return the other accounts of the site that share a name, an e-mail address or an id number with each of these."""
    then = {"site_id": at.site_id, "instant": at.instant}
    found: dict[UUID, dict[Person, list[str]]] = {one.id: {} for one in own}
    for what, (column, rows) in _SHARED.items():
        values = {value for one in own if (value := getattr(one, column))}
        alike: defaultdict[str, list[Person]] = defaultdict(list)
        for person in rows.read_pieces(session, values, **then):
            alike[getattr(person, column)].append(person)
        for one in own:
            for person in alike.get(getattr(one, column) or "", ()):
                if person.id != one.id:
                    found[one.id].setdefault(person, []).append(what)
    others = {person.id for shared in found.values() for person in shared}
    held = _held(session, at, others)
    records = _RECORDED.read_pieces(session, others, **then, course_id=course_id)
    recorded, newest = {one.learner_id for one in records}, _newest_sent(session, at, records)
    shown: defaultdict[UUID, tuple[LookAlike, ...]] = defaultdict(tuple)
    for learner_id, shared in found.items():
        shown[learner_id] = tuple(
            LookAlike(
                one.id,
                full_name(one),
                one.username,
                tuple(what),
                held[one.id],
                one.id in recorded,
                one.idnumber,
                newest.get(one.id),
            )
            for one, what in sorted(shared.items(), key=lambda pair: str(pair[0].id))[:SHOWN]
        )
    return shown


def _newest_sent(session: Session, at: At, records: Sequence[_Recorded]) -> Mapping[UUID, datetime]:
    """When each learner last completed, by records that are sent and hold."""
    lapses = lapses_of(session, [at.site_id], at.instant, [one.id for one in records])
    newest: dict[UUID, datetime] = {}
    for one in sorted(records, key=attrgetter("completed_at")):
        has_lapsed = any((act := last.get(one.id)) is not None and act.holds for last in lapses)
        if one.source in SENT_SOURCES and not has_lapsed:
            newest[one.learner_id] = one.completed_at
    return newest


def _held(session: Session, at: At, learner_ids: Collection[UUID]) -> defaultdict[UUID, tuple[OciId, ...]]:
    found: defaultdict[UUID, tuple[OciId, ...]] = defaultdict(tuple)
    for one in _HELD_BY.read_pieces(session, learner_ids, site_id=at.site_id, instant=at.instant):
        if _is_held(one, at):
            found[one.learner_id] += (one.oci_id,)
    return found


def _is_held(one: _Holder, at: At) -> bool:
    return one.held_until is None or one.held_until > at.instant


def sharers(
    session: Session, at: At, held: Mapping[UUID, Sequence[OciId]]
) -> dict[UUID, dict[OciId, tuple[Account, ...]]]:
    """Return who else of the site holds each of these OCI IDs of a learner, by the OCI ID; those nobody else holds are
    left out."""
    then = {"site_id": at.site_id, "instant": at.instant}
    wanted = {oci_id for listed in held.values() for oci_id in listed}
    holders: defaultdict[OciId, set[UUID]] = defaultdict(set)
    for one in _HOLDERS.read_pieces(session, wanted, **then):
        if _is_held(one, at):
            holders[one.oci_id].add(one.learner_id)
    several = {
        other
        for learner_id, listed in held.items()
        for oci_id in listed
        if holders[oci_id] - {learner_id}
        for other in holders[oci_id]
    }
    accounts = {one.id: one.account for one in people_of(session, at, several)}
    found: dict[UUID, dict[OciId, tuple[Account, ...]]] = {}
    for learner_id, listed in held.items():
        others = {oci_id: sorted(holders[oci_id] & accounts.keys() - {learner_id}) for oci_id in listed}
        found[learner_id] = {oci_id: tuple(accounts[one] for one in ids) for oci_id, ids in others.items() if ids}
    return found
