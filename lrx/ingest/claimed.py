"""What claims have become before: found by the caller's external id, or by the same instant of the same completion."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from hashlib import sha256
from typing import Literal, NamedTuple
from uuid import UUID

import sqlalchemy as sa
from sqlmodel import Session

from lrx.database import pieces
from lrx.delivery.cases import Case, Pair
from lrx.delivery.proofs import RecordRow
from lrx.errors import Conflict
from lrx.ingest.completion import Completion
from lrx.models import Amendment, LearningRecord
from lrx.tables import Rows, among, same
from lrx.text import text

__all__ = ["Claimed", "ExternalIdTaken", "Recorded", "claimed_before", "lock_names"]

Result = Literal["recorded", "known", "amended"]


class ExternalIdTaken(Conflict):
    """The caller's external id names another claim of the site: another learner, course, activity or time."""

    code = "external_id_taken"


class Recorded(NamedTuple):
    """What became of a claim: a new record, the record that was there, or an amendment of it."""

    record_id: UUID
    result: Result
    amendment_id: UUID | None = None


class _Named(NamedTuple):
    """A claim kept under an external id: when it says the completion was, and what it became."""

    completed_at: datetime
    became: Recorded


class _RecordNamed(NamedTuple):
    id: UUID
    completed_at: datetime
    external_id: str


class _AmendmentKept(NamedTuple):
    id: UUID
    record_id: UUID
    completed_at: datetime
    external_id: str | None


_RECORDS_NAMED = Rows(_RecordNamed, LearningRecord, lambda of: (same(of.site_id), among(of.external_id)))
_AMENDMENTS_NAMED = Rows(_AmendmentKept, Amendment, lambda of: (same(of.site_id), among(of.external_id)))
_AMENDMENTS_OF = Rows(_AmendmentKept, Amendment, lambda of: (same(of.site_id), among(of.record_id)))


@dataclass
class Claimed:
    """Claims kept before: by external id, and the amendments by record and time."""

    named: dict[str, list[_Named]] = field(default_factory=dict)
    amendments: dict[tuple[UUID, datetime], UUID] = field(default_factory=dict)

    def add(self, completion: Completion, became: Recorded) -> None:
        """Remember a claim that is kept now."""
        if became.amendment_id is not None:
            self.amendments.setdefault((became.record_id, completion.completed_at), became.amendment_id)
        if completion.external_id is not None:
            self.named.setdefault(completion.external_id, []).append(_Named(completion.completed_at, became))

    def known(self, completion: Completion, kept: Sequence[RecordRow]) -> Recorded | ExternalIdTaken | None:
        """What this very claim has already become, if anything; `kept` are the records it could belong to."""
        if completion.external_id is not None and completion.external_id in self.named:
            return _as_named(self.named[completion.external_id], completion.external_id, completion, kept)
        for record in kept:
            if record.completed_at == completion.completed_at:
                return Recorded(record.id, "known")
        for record in kept:
            amendment_id = self.amendments.get((record.id, completion.completed_at))
            if amendment_id is not None:
                return Recorded(record.id, "known", amendment_id)
        return None


def _as_named(
    named: Sequence[_Named], external_id: str, completion: Completion, kept: Sequence[RecordRow]
) -> Recorded | ExternalIdTaken:
    """What the external id names at the site, which must be this very claim."""
    own = {record.id for record in kept}
    first = next((one for one in named if one.became.record_id in own), None)
    if first is None:
        return ExternalIdTaken(
            text(
                "The external id {external_id} already names a completion of another learner, course or activity. "
                "Send this one under an id of its own.",
                external_id=external_id,
            )
        )
    if first.completed_at != completion.completed_at:
        return ExternalIdTaken(
            text(
                "The external id {external_id} already names a completion at {time}. Send a new "
                "completion under an id of its own.",
                external_id=external_id,
                time=first.completed_at.isoformat(),
            )
        )
    return Recorded(first.became.record_id, "known", first.became.amendment_id)


def lock_names(session: Session, site_id: UUID, external_ids: Sequence[str]) -> None:
    """Let nobody else use these external ids at the site until the transaction ends, always locked in one order: two
    claims with one name and different learners would otherwise both be kept. SQLite has one writer anyway."""
    if not external_ids or session.connection().dialect.name == "sqlite":
        return
    # A name shares its lock with others: the server's table of locks has room for some thousands.
    shared = {sha256(name.encode()).digest()[0] for name in external_ids}
    digests = (sha256(site_id.bytes + bytes([one])).digest() for one in shared)
    numbers = sorted(int.from_bytes(digest[:8], signed=True) for digest in digests)
    for some in pieces(numbers):
        # Each number is locked as its row is read, and rows of a list are read in its order.
        listed = sa.func.unnest(sa.bindparam("numbers", some, sa.ARRAY(sa.BigInteger))).column_valued("number")
        session.connection().execute(sa.select(sa.func.pg_advisory_xact_lock(listed)))


def claimed_before(
    session: Session, site_id: UUID, cases: Mapping[Pair, Case], completions: Sequence[Completion]
) -> Claimed:
    """Read what the claims may have become already."""
    claimed = Claimed()
    names = {completion.external_id for completion in completions if completion.external_id}
    for record in _RECORDS_NAMED.read_pieces(session, names, site_id=site_id):
        became = Recorded(record.id, "known")
        claimed.named.setdefault(record.external_id, []).append(_Named(record.completed_at, became))
    times = {completion.completed_at for completion in completions}
    kept = {record.id for case in cases.values() for record in case.records}
    found = set(_AMENDMENTS_NAMED.read_pieces(session, names, site_id=site_id))
    of_kept = _AMENDMENTS_OF.read_pieces(session, kept, site_id=site_id)
    found |= {one for one in of_kept if one.completed_at in times}
    for amendment in sorted(found, key=lambda one: str(one.id)):
        claimed.amendments.setdefault((amendment.record_id, amendment.completed_at), amendment.id)
        if amendment.external_id is not None:
            became = Recorded(amendment.record_id, "known", amendment.id)
            claimed.named.setdefault(amendment.external_id, []).append(_Named(amendment.completed_at, became))
    return claimed
