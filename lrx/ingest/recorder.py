"""`record_all()`: the only place where a LearningRecord is born. Before it come Completions, after it the outbox.

Recording is idempotent by construction: the record's id is made of who completed what, from which source, in which
cycle, so the same claim finds the record already there. Many claims are recorded with as many statements as one.
"""

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, NamedTuple
from uuid import UUID, uuid5

from sqlmodel import Session

from lrx import audit
from lrx.access import Act
from lrx.database import insert_new
from lrx.delivery.cases import Case, Pair, cases_of
from lrx.delivery.outbox import lock_learners, reconsider_cases
from lrx.delivery.proofs import RecordRow
from lrx.errors import LrxError
from lrx.ingest.claimed import Claimed, ExternalIdTaken, Recorded, claimed_before, lock_names
from lrx.ingest.completion import Completion
from lrx.models import Activity, Amendment, LearningRecord
from lrx.people import rosters
from lrx.recipient import Recipient
from lrx.tables import Rows, among, table
from lrx.validity import RecertificationWindow, Standing, exact_key, expires_at, judge, stored_rule

__all__ = ["ExternalIdTaken", "Recorded", "open_record", "record", "record_all"]


def record(session: Session, act: Act, recipients: Mapping[str, Recipient], completion: Completion) -> Recorded:
    """Keep the claim as a record or as an amendment, and owe what it makes due, in the caller's transaction.

    Raises `ExternalIdTaken` when the external id already names another claim of the site.
    """
    (outcome,) = record_all(session, recipients, [(act, completion)])
    if isinstance(outcome, LrxError):
        raise outcome
    return outcome


def record_all(
    session: Session, recipients: Mapping[str, Recipient], claims: Sequence[tuple[Act, Completion]]
) -> list[Recorded | ExternalIdTaken]:
    """Do what `record` does for claims of one site, in order; a refused one leaves the others alone."""
    if not claims:
        return []
    act = claims[0][0]
    completions = [completion for _, completion in claims]
    lock_learners(session, {completion.learner_id for completion in completions})
    lock_names(session, act.site_id, [one.external_id for one in completions if one.external_id])
    cases = cases_of(session, act.site_id, {(one.learner_id, one.course_id) for one in completions})
    book = _Book(act.site_id, cases, claimed_before(session, act.site_id, cases, completions))
    book.mandatory = _mandatory(session, {one.course_id for one in completions if one.activity_id is None})
    outcomes = [book.enter(act, completion) for act, completion in claims]
    kept = book.keep(session)
    touched = {(one.learner_id, one.course_id) for one, told in zip(completions, outcomes, strict=True) if told in kept}
    made = {one.record_id for one in kept if one.result == "recorded"}
    reconsider_cases(session, act, recipients, [cases[pair] for pair in touched], made)
    return [_told(outcome, kept) if isinstance(outcome, Recorded) else outcome for outcome in outcomes]


def open_record(session: Session, act: Act, recipients: Mapping[str, Recipient], completion: Completion) -> Recorded:
    """Make a record of a claim whatever stands already: an administrator promotes an amendment."""
    pair = (completion.learner_id, completion.course_id)
    cases = cases_of(session, act.site_id, [pair])
    book = _Book(act.site_id, cases, Claimed())
    if completion.activity_id is None:
        book.mandatory = _mandatory(session, [completion.course_id])
    outcome = book.open(act, cases[pair], completion, exact_key(completion.completed_at))
    kept = book.keep(session)
    if outcome in kept:
        reconsider_cases(session, act, recipients, [cases[pair]])
    return _told(outcome, kept)


def _told(outcome: Recorded, kept: Collection[Recorded]) -> Recorded:
    """What was to be kept and was there already, is known."""
    if outcome.result == "known" or outcome in kept:
        return outcome
    return Recorded(outcome.record_id, "known", outcome.amendment_id)


@dataclass
class _Book:
    """What the claims of one transaction come to: entered one after another, so that each sees those before it, and
    kept all at once."""

    site_id: UUID
    cases: Mapping[Pair, Case]
    claimed: Claimed
    mandatory: Mapping[UUID, list[dict[str, Any]]] = field(default_factory=dict)
    records: list[dict[str, Any]] = field(default_factory=list)
    amendments: list[dict[str, Any]] = field(default_factory=list)
    made: dict[Recorded, dict[str, Any]] = field(default_factory=dict)
    """What is to be kept, with its entry for the audit log."""
    before: Mapping[Pair, frozenset[bool]] = field(init=False)
    """Of each pair, whether the records there were are of the course itself."""

    def __post_init__(self) -> None:
        self.before = {
            pair: frozenset(one.activity_id is None for one in case.records) for pair, case in self.cases.items()
        }

    def enter(self, act: Act, completion: Completion) -> Recorded | ExternalIdTaken:
        """Return what becomes of the claim: known, a new record, an amendment, or refused."""
        case = self.cases[completion.learner_id, completion.course_id]
        kept = [
            one for one in case.records if one.activity_id == completion.activity_id and one.source == completion.source
        ]
        known = self.claimed.known(completion, kept)
        if known is not None:
            return known
        standing = [record for record in kept if not case.is_voided(record.id)]
        window = case.course.recertification_window
        verdict = judge(
            completion.completed_at,
            [Standing(one.completed_at, one.expires_at, case.expired_since(one.id)) for one in standing],
            stored_rule(case.course.expiry),
            RecertificationWindow.model_validate(window) if window else None,
            "every_completion" if case.course.repeats == "every_completion" else "one_per_cycle",
            act.zone,
        )
        if verdict.amends is not None:
            return self._amend(act, standing[verdict.amends], completion)

        key = f"external:{completion.external_id}" if completion.external_id else verdict.key
        holder = next((record for record in kept if record.claim_key == key), None)
        if holder is not None:
            # A voided or expired record holds the key, or one kept under an earlier rule. What was completed before the
            # voiding is the claim that was voided, sent again; everything else is new and gets a key of its own.
            voiding = case.voidings.get(holder.id)
            if voiding is not None and voiding.voided and completion.completed_at <= voiding.voided_at:
                return self._amend(act, holder, completion)
            key = exact_key(completion.completed_at)
        return self.open(act, case, completion, key)

    def open(self, act: Act, case: Case, completion: Completion, key: str) -> Recorded:
        """Make a new record of the claim."""
        record = RecordRow(
            id=_record_id(self.site_id, completion, key),
            learner_id=completion.learner_id,
            course_id=completion.course_id,
            activity_id=completion.activity_id,
            source=completion.source,
            completed_at=completion.completed_at,
            recorded_at=completion.recorded_at,
            expires_at=expires_at(stored_rule(case.course.expiry), completion.completed_at, act.zone),
            grade=completion.grade,
            claim_key=key,
            external_id=completion.external_id,
            mandatory=self.mandatory.get(completion.course_id, []) if completion.activity_id is None else [],
        )
        case.records.append(record)
        seq = completion.statement_seq
        self.records.append({**record._asdict(), "site_id": self.site_id, "stored_at": act.at, "statement_seq": seq})
        recorded = Recorded(record.id, "recorded")
        self.claimed.add(completion, recorded)
        self.made[recorded] = audit.entry(act, "record", "learning_record", record.id, source=completion.source.value)
        return recorded

    def _amend(self, act: Act, standing: RecordRow, completion: Completion) -> Recorded:
        if completion.completed_at == standing.completed_at:
            return Recorded(standing.id, "known")
        amendment_id = uuid5(standing.id, f"{exact_key(completion.completed_at)}|{completion.external_id or ''}")
        self.amendments.append(
            {
                "id": amendment_id,
                "site_id": self.site_id,
                "record_id": standing.id,
                "completed_at": completion.completed_at,
                "recorded_at": completion.recorded_at,
                "grade": completion.grade,
                "external_id": completion.external_id,
                "statement_seq": completion.statement_seq,
                "promoted_record_id": None,
            }
        )
        amended = Recorded(standing.id, "amended", amendment_id)
        self.claimed.add(completion, amended)
        detail = {"amendment_id": str(amendment_id)}
        self.made[amended] = audit.entry(act, "amend", "learning_record", standing.id, **detail)
        return amended

    def keep(self, session: Session) -> set[Recorded]:
        """Write what was entered; returns what was not there before."""
        records = {row.id for row in insert_new(session, table(LearningRecord), self.records, ["id"])}
        rosters.enter(session, self.site_id, self._joining())
        amendments = {row.id for row in insert_new(session, table(Amendment), self.amendments, ["id"])}
        kept = records | amendments
        new = {one: entry for one, entry in self.made.items() if (one.amendment_id or one.record_id) in kept}
        audit.keep_all(session, list(new.values()))
        return set(new)

    def _joining(self) -> dict[Pair, bool]:
        """Who comes to a roster, or to a course record, by what is kept now."""
        joining: dict[Pair, bool] = {}
        for row in self.records:
            pair, is_of_course = (row["learner_id"], row["course_id"]), row["activity_id"] is None
            before = self.before[pair]
            if not before or (is_of_course and True not in before):
                joining[pair] = joining.get(pair, False) or is_of_course
        return joining


def _record_id(site_id: UUID, completion: Completion, key: str) -> UUID:
    subject = completion.activity_id or completion.course_id
    return uuid5(site_id, f"{completion.learner_id}|{subject}|{completion.source.value}|{key}")


def _mandatory(session: Session, course_ids: Collection[UUID]) -> dict[UUID, list[dict[str, Any]]]:
    """The mandatory activities of each course, as they stand now."""
    found: dict[UUID, list[dict[str, Any]]] = {}
    for one in _MANDATORY.read(session, some=course_ids):
        found.setdefault(one.course_id, []).append({"id": str(one.id), "full_name": one.full_name})
    return found


class _Mandatory(NamedTuple):
    id: UUID
    course_id: UUID
    full_name: str


_MANDATORY = Rows(_Mandatory, Activity, lambda of: (among(of.course_id), of.mandatory), "id")
