"""What a report of a course can be asked for. Each field of the filter narrows it; pure."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from enum import StrEnum
from typing import Any
from uuid import UUID

from lrx.diagnosis.reasons import REASONS
from lrx.models import Chip
from lrx.recipient import PullRecipient, Recipient
from lrx.reports.oci_status import OciStatus
from lrx.reports.rows import Period, RecordShown, Row
from lrx.source import Source

__all__ = ["ActivityState", "Filter"]


class ActivityState(StrEnum):
    """Whether activities have a record that is sent: of the one asked for, else of all that are mandatory.

    In a course whose activities are none of them mandatory, missing is whoever has no record of any of them.
    """

    DONE = "done"
    MISSING = "missing"


@dataclass(frozen=True, slots=True)
class Filter:
    """Which learners; a field that is None lets everybody through.

    - `words`: looked for in names, user name and OCI IDs, whatever the case and the accents.
    - `recipient`, `chip`, `reason`: who stands so at that recipient, whether the course sends to it or not, or else at
      one or more of those it sends to.
    - `source`, `period`, `voided`, `completed_from` and `completed_to` (days in the site's zone, both included): the
      course record shown; whoever has none is left out.
    - `activities`: of `activity_id`, or else of all mandatory ones.
    """

    words: str = ""
    recipient: str | None = None
    chip: Chip | None = None
    reason: str | None = None
    has_record: bool | None = None
    source: Source | None = None
    period: Period | None = None
    completed_from: date | None = None
    completed_to: date | None = None
    voided: bool | None = None
    activity_id: UUID | None = None
    activities: ActivityState | None = None
    oci_status: OciStatus | None = None

    def unknown(self, recipients: Mapping[str, Recipient]) -> Sequence[str]:
        """The fields whose code names nothing: nobody would match them, and it would look as if all were well.
        Recipients that are told give reasons of their own."""
        asked = [one for code, one in recipients.items() if self.recipient in (None, code)]
        is_recipient = self.recipient is None or bool(asked)
        is_reason = self.reason is None or self.reason in REASONS or any(map(_is_told, asked))
        return [*(() if is_recipient else ["recipient"]), *(() if is_reason else ["reason"])]

    @property
    def is_empty(self) -> bool:
        """Whether everybody is shown."""
        return not self.words.strip() and not self.is_judged and self.has_record is None

    @property
    def is_judged(self) -> bool:
        """Whether learners have to be looked at one by one, and not only picked by name and record."""
        return any(getattr(self, name) is not None for name in JUDGED)

    @property
    def record_needed(self) -> bool | None:
        """Whether only those with a course record can match (true), or only those without (false)."""
        if self.has_record is None and any(getattr(self, name) is not None for name in OF_RECORD):
            return True
        return self.has_record

    def keeps(self, row: Row) -> bool:
        """Whether the row is shown. Words are looked for before there are rows."""
        asked = [name for name in JUDGED if getattr(self, name) is not None]
        return all(JUDGED[name](self, row) for name in asked)


def _is_told(recipient: Recipient) -> bool:
    return not isinstance(recipient, PullRecipient)


def _of_record(matches: Callable[[Filter, RecordShown], bool]) -> Callable[[Filter, Row], bool]:
    return lambda wanted, row: row.record is not None and matches(wanted, row.record)


def _stands(wanted: Filter, row: Row) -> bool:
    return any(
        wanted.recipient in (None, one.recipient)
        and wanted.chip in (None, one.verdict.chip)
        and wanted.reason in (None, one.verdict.reason)
        for one in row.standings
    )


def _has_activities(wanted: Filter, row: Row) -> bool:
    if wanted.activity_id is not None:
        is_done = wanted.activity_id in row.activities.recorded
    elif row.activities.mandatory:
        is_done = not row.activities.missing
    else:
        is_done = bool(row.activities.recorded) or not row.activities.in_course
    return is_done == (wanted.activities is not ActivityState.MISSING)


OF_RECORD: Mapping[str, Callable[[Filter, Row], bool]] = {
    "source": _of_record(lambda wanted, record: record.source is wanted.source),
    "period": _of_record(lambda wanted, record: record.period is wanted.period),
    "voided": _of_record(lambda wanted, record: record.is_voided is wanted.voided),
    "completed_from": _of_record(lambda wanted, record: record.completed_on >= (wanted.completed_from or date.min)),
    "completed_to": _of_record(lambda wanted, record: record.completed_on <= (wanted.completed_to or date.max)),
}

JUDGED: Mapping[str, Callable[[Any, Row], bool]] = {
    **OF_RECORD,
    "recipient": _stands,
    "chip": _stands,
    "reason": _stands,
    "activity_id": _has_activities,
    "activities": _has_activities,
    "oci_status": lambda wanted, row: row.oci_status is wanted.oci_status,
}
"""What each field asks of a row."""
