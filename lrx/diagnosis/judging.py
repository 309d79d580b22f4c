"""Which record of a learner is judged, and what stands against it: by the same checks that decide deliveries. Pure."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from uuid import UUID

from lrx import eligibility
from lrx.clock import local_date
from lrx.delivery.proofs import KeptRow, proof
from lrx.delivery.released import has_expired
from lrx.delivery.wanted import is_wanted
from lrx.diagnosis.facts import Amended, LearnerFacts, Owed, Situation
from lrx.diagnosis.repeats import repeat_of
from lrx.diagnosis.rhythm import DAYS
from lrx.eligibility import Effect
from lrx.models import DeliveryStatus
from lrx.recipient import ProofOfCompletion

__all__ = ["Candidate", "Case", "Mandatory", "case_of", "has_what_counts"]

FOR_GOOD = frozenset({Effect.EXCLUDES, Effect.WITHDRAWS, Effect.EXPLAINS})
TAKEN_BACK = frozenset({"voided", "expired_by_administrator"})
ALIKE = frozenset({"legacy", "out_of_period", "expired"})
"""What ends for an activity by whatever ends it for the course: told of the course, it is not told again."""


@dataclass(frozen=True, slots=True)
class Candidate:
    """A record, the checks it fails by code, and whether the recipient has it."""

    record: KeptRow
    proof: ProofOfCompletion
    failed: Mapping[str, eligibility.Finding]
    is_delivered: bool

    @property
    def is_ruled_out(self) -> bool:
        """Whether a rule keeps it here, whatever is mended."""
        return any(finding.check.effect in FOR_GOOD for finding in self.failed.values())

    @property
    def would_count_again(self) -> bool:
        """Whether nothing but an act that can be taken back keeps it here."""
        return all(code in TAKEN_BACK for code, one in self.failed.items() if one.check.effect in FOR_GOOD)


@dataclass(frozen=True, slots=True)
class Mandatory:
    """A mandatory activity: whether a record of it counts now, as far as the course does, and else what its newest
    record fails by, and the repeat that would count."""

    activity_id: UUID
    full_name: str
    record: KeptRow | None
    counts: bool
    why_not: tuple[str, ...] = ()
    repeat: Amended | None = None


@dataclass(frozen=True, slots=True)
class Case:
    """The facts of one learner, the record that is judged, the others, and the mandatory activities."""

    situation: Situation
    learner: LearnerFacts
    judged: Candidate | None
    others: tuple[Candidate, ...]
    mandatory: tuple[Mandatory, ...]
    repeat: Amended | None = None
    """A repeat of the course that would count, where what is judged does not for its time."""

    @property
    def candidate(self) -> Candidate:
        """The record that is judged. Raises `LookupError` where there is none: such checks need B1."""
        if self.judged is None:
            raise LookupError("there is no record to judge")
        return self.judged

    @property
    def has_what_counts(self) -> bool:
        """Whether there is a record that no rule keeps here."""
        return self.judged is not None and not self.judged.is_ruled_out

    @property
    def owed(self) -> Owed | None:
        """The delivery of the record that is judged."""
        return self.learner.deliveries.get(self.judged.record.id) if self.judged else None

    @property
    def is_delivered(self) -> bool:
        """Whether the recipient has a record that still counts."""
        return self.judged is not None and self.judged.is_delivered and not self.judged.is_ruled_out

    @property
    def was_left_out_since(self) -> bool:
        """Whether the recipient asked for the person again after it was last given the record, and was not given it:
        answered without it, or told that nobody is known by an OCI ID that is or was theirs."""
        if self.judged is None or self.owed is None or self.owed.delivered_at is None:
            return False
        given = max(self.given_at, default=self.owed.delivered_at)
        current = [one.held_from for one in self.learner.oci_ids if one.held_until is None]
        if self.learner.successors and current and min(current) > given:
            return True  # what it was given stands there under a number that is another person's now
        return any(asked_at > given for asked_at in self._left_out)

    @property
    def given_again_at(self) -> datetime | None:
        """When it was first given the record again after it was left out; None where that never was."""
        left_out = max(self._left_out, default=None)
        if left_out is None or self.owed is None or self.owed.delivered_at is None or left_out < self.owed.delivered_at:
            return None
        return min((asked_at for asked_at in self.given_at if asked_at > left_out), default=None)

    @property
    def given_at(self) -> list[datetime]:
        """When it was given the record, as far as the latest questions tell. Raises `LookupError` without a record."""
        record_id = str(self.candidate.record.id)
        return [one.asked_at for one in self.learner.inquiries if record_id in one.record_ids]

    @property
    def _left_out(self) -> list[datetime]:
        record_id, shown, asked = str(self.candidate.record.id), self.candidate.proof, self.learner.inquiries
        without = [one.asked_at for one in asked if record_id not in one.record_ids and is_wanted(shown, one)]
        # Of those days all latest questions about the person are known: what is asked besides found nobody. By a number
        # that somebody else holds now it asks about them.
        known, since = {one.asked_at for one in asked}, self.situation.at - timedelta(days=DAYS)
        in_vain = [
            asked_at
            for oci_id, asked_at in self.learner.asked.items()
            if oci_id not in self.learner.successors and asked_at > since and asked_at not in known
        ]
        return [*without, *in_vain]


def case_of(situation: Situation, learner: LearnerFacts) -> Case:
    """Return the case of a learner in the situation."""
    ranked = _candidates(situation, learner)
    judged = ranked[0] if ranked else None
    repeat = None
    if judged is not None and ALIKE & judged.failed.keys():
        repeat = repeat_of(situation, learner, [one.record for one in ranked])
    # What a repeat makes count again for the course, a repeat has to make count for its activities too.
    told = frozenset() if repeat else _told(situation, judged)
    mandatory = tuple(_activities(situation, learner, judged, told))
    return Case(situation, learner, judged, tuple(ranked[1:]), mandatory, repeat)


def has_what_counts(situation: Situation, learner: LearnerFacts) -> bool:
    """Whether the case of the learner has a record that no rule keeps here, found without judging all else."""
    of_course = (record for record in learner.records if record.activity_id is None)
    return any(not _candidate(situation, learner, record).is_ruled_out for record in of_course)


def _candidates(situation: Situation, learner: LearnerFacts) -> list[Candidate]:
    """Return the course records, the one to judge first.

    A record the recipient has comes first, then one no rule keeps here, so that a stray upload never hides a
    completion; then one that would count but for somebody's act, so that last year's never hides that this year's was
    voided; then one not voided, then the newest.
    """
    judged = [_candidate(situation, learner, record) for record in learner.records if record.activity_id is None]
    return sorted(
        judged,
        key=lambda one: (
            one.is_delivered and not one.is_ruled_out,
            not one.is_ruled_out,
            one.would_count_again,
            not learner.is_voided(one.record.id),
            one.record.completed_at,
            str(one.record.id),
        ),
        reverse=True,
    )


def _activities(
    situation: Situation, learner: LearnerFacts, judged: Candidate | None, told: frozenset[str]
) -> list[Mandatory]:
    """Return the activities that were mandatory when the record was kept, or that are now where there is no record."""
    if judged is not None:
        named = [(UUID(one["id"]), str(one["full_name"])) for one in judged.record.mandatory]
    else:
        named = [(one.id, one.full_name) for one in situation.activities.values() if one.mandatory]
    return [_mandatory(situation, learner, activity_id, full_name, told) for activity_id, full_name in named]


def _told(situation: Situation, judged: Candidate | None) -> frozenset[str]:
    """What the course is told to fail by, and its activities with it."""
    sends = situation.release is not None and situation.release.is_active
    return ALIKE & (frozenset(judged.failed if judged else ()) | (frozenset() if sends else {"legacy"}))


def _mandatory(
    situation: Situation, learner: LearnerFacts, activity_id: UUID, full_name: str, told: frozenset[str]
) -> Mandatory:
    judged = [_candidate(situation, learner, one) for one in learner.records if one.activity_id == activity_id]
    newest = max(judged, key=lambda one: (not one.is_ruled_out, one.record.completed_at), default=None)
    if newest is None:
        return Mandatory(activity_id, full_name, None, counts=False)
    failed = [code for code, finding in newest.failed.items() if finding.check.effect in FOR_GOOD]
    why_not = tuple(code for code in failed if code not in told)
    repeat = repeat_of(situation, learner, [one.record for one in judged]) if why_not else None
    return Mandatory(activity_id, full_name, newest.record, not why_not, why_not, repeat)


def _candidate(situation: Situation, learner: LearnerFacts, record: KeptRow) -> Candidate:
    release = situation.release
    completed_on = local_date(record.completed_at, situation.zone)
    shown = proof(record, situation.course, situation.activities, learner.held, completed_on)
    facts = eligibility.Facts(
        source=record.source,
        recorded_at=record.recorded_at,
        voided=learner.is_voided(record.id),
        missing_activities=(),
        oci_ids=learner.held,
        intervals=release.intervals if release else (),
        objections=tuple(situation.recipient.objections(shown, situation.settings)),
        in_period=situation.period.contains(shown.completed_on),
        expired=has_expired(
            record.expires_at, release.reporting_period if release else None, situation.course.expiry, situation.at
        ),
        expired_by_administrator=learner.is_expired(record.id),
    )
    owed = learner.deliveries.get(record.id)
    is_delivered = owed is not None and owed.status is DeliveryStatus.DELIVERED
    return Candidate(record, shown, _failed(eligibility.findings(facts)), is_delivered)


def _failed(findings: Sequence[eligibility.Finding]) -> dict[str, eligibility.Finding]:
    return {finding.check.code: finding for finding in findings if not finding.passed}
