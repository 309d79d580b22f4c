"""The ordered checks that decide a delivery and explain its absence.

The order is the order in which support staff look: the record, the period, the activities, the source, the release,
the person, the recipient. A check that fails says what its failure means: it *excludes* for good, it *withdraws*
while a record is voided or an administrator has let it expire, it *holds* until a fact changes, or it *only explains*
what is judged at the moment of asking.
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from functools import partial

from lrx.models import DeliveryStatus
from lrx.oci_id import OciId
from lrx.recipient import Objection
from lrx.source import SOURCE_TITLES, Source
from lrx.text import Text, text

__all__ = ["CHECKS", "Check", "Effect", "Facts", "Finding", "Interval", "decide", "findings"]


class Effect(StrEnum):
    """What it means that a check fails."""

    EXCLUDES = "excludes"
    WITHDRAWS = "withdraws"
    HOLDS = "holds"
    EXPLAINS = "explains"


@dataclass(frozen=True, slots=True)
class Interval:
    """A span in which the course sent its records to the recipient; open while `until` is None."""

    since: datetime
    until: datetime | None

    def contains(self, instant: datetime) -> bool:
        """Whether a record stored at `instant` falls in the span."""
        return self.since <= instant and (self.until is None or instant < self.until)


@dataclass(frozen=True, slots=True)
class Facts:
    """Everything the checks may look at: one record of one learner, and one recipient of its course."""

    source: Source
    recorded_at: datetime
    voided: bool
    missing_activities: tuple[str, ...]
    oci_ids: tuple[OciId, ...]
    intervals: tuple[Interval, ...]
    objections: tuple[Objection, ...]
    in_period: bool | None = None
    expired: bool | None = None
    expired_by_administrator: bool = False


@dataclass(frozen=True, slots=True)
class Check:
    """One rule. `fails` returns the sentence for a failure, or None when the check passes."""

    code: str
    title: Text
    effect: Effect
    fails: Callable[[Facts], Text | None]


@dataclass(frozen=True, slots=True)
class Finding:
    """The result of one check: passed when `detail` is None."""

    check: Check
    detail: Text | None

    @property
    def passed(self) -> bool:
        """Whether the check found nothing in the way."""
        return self.detail is None


def _out_of_period(facts: Facts) -> Text | None:
    return text("The completion lies outside the current reporting period.") if facts.in_period is False else None


def _expired(facts: Facts) -> Text | None:
    return text("The record has expired.") if facts.expired else None


def _activities_missing(facts: Facts) -> Text | None:
    if not facts.missing_activities:
        return None
    return text("No record yet for: {activities}.", activities=", ".join(facts.missing_activities))


def _from(source: Source, facts: Facts) -> Text | None:
    if facts.source is not source:
        return None
    return text("Kept here and not sent: {source}.", source=SOURCE_TITLES[source])


def _legacy(facts: Facts) -> Text | None:
    if any(interval.contains(facts.recorded_at) for interval in facts.intervals):
        return None
    return text("The record was stored while the course did not send to this recipient.")


def _voided(facts: Facts) -> Text | None:
    return text("The record is voided.") if facts.voided else None


def _expired_by_administrator(facts: Facts) -> Text | None:
    return text("An administrator let the record expire.") if facts.expired_by_administrator else None


def _no_oci_id(facts: Facts) -> Text | None:
    return None if facts.oci_ids else text("The learner has no OCI ID.")


def _objection(facts: Facts) -> Text | None:
    return facts.objections[0].detail if facts.objections else None


CHECKS: tuple[Check, ...] = (
    Check("out_of_period", text("Completed in the current reporting period"), Effect.EXPLAINS, _out_of_period),
    Check("expired", text("Not expired"), Effect.EXPLAINS, _expired),
    Check("activity_record_missing", text("Every mandatory activity is complete"), Effect.HOLDS, _activities_missing),
    Check(
        "source_csv_upload",
        text("Not uploaded from a file"),
        Effect.EXCLUDES,
        partial(_from, Source.CSV_UPLOAD),
    ),
    Check("source_equivalency", text("Not an equivalency"), Effect.EXCLUDES, partial(_from, Source.EQUIVALENCY)),
    Check("legacy", text("Recorded after the course joined the exchange"), Effect.EXCLUDES, _legacy),
    Check("voided", text("Not voided"), Effect.WITHDRAWS, _voided),
    Check(
        "expired_by_administrator",
        text("Not expired by an administrator"),
        Effect.WITHDRAWS,
        _expired_by_administrator,
    ),
    Check("oci_missing", text("The learner has an OCI ID"), Effect.HOLDS, _no_oci_id),
    Check("recipient_objects", text("The recipient has no objection"), Effect.HOLDS, _objection),
)
"""Each code is also that of a reason of the diagnosis, which says whose turn it is and what helps."""


def findings(facts: Facts) -> Sequence[Finding]:
    """Return the result of every check, in order."""
    return [Finding(check, check.fails(facts)) for check in CHECKS]


# What can never be mended by correcting a profile comes first: entering an OCI ID does not help an uploaded record.
_DECIDING: tuple[tuple[Effect, DeliveryStatus], ...] = (
    (Effect.WITHDRAWS, DeliveryStatus.WITHDRAWN),
    (Effect.EXCLUDES, DeliveryStatus.EXCLUDED),
    (Effect.HOLDS, DeliveryStatus.HELD),
)


def decide(facts: Facts, open_status: DeliveryStatus) -> tuple[DeliveryStatus, str | None]:
    """Return where the delivery stands and the code of the check that put it there; `open_status` when none objects."""
    failed = [check for check in CHECKS if check.fails(facts) is not None]
    for effect, status in _DECIDING:
        for check in failed:
            if check.effect is effect:
                return status, check.code
    return open_status, None
