"""Where a learner of a course stands at one recipient: the verdict of the diagnosis, nothing of the report's own."""

from dataclasses import dataclass, replace
from datetime import date, datetime
from uuid import UUID

from lrx.diagnosis.chain import Diagnosis
from lrx.diagnosis.others import unnamed
from lrx.diagnosis.verdict import Verdict

__all__ = ["Standing", "standing_of"]


@dataclass(frozen=True, slots=True)
class Standing:
    """The verdict on one learner at one recipient. `completed_on` is the day of the record that was judged, in the
    site's zone; None where there is no record."""

    recipient: str
    verdict: Verdict
    record_id: UUID | None
    completed_on: date | None
    delivered_at: datetime | None


def standing_of(diagnosis: Diagnosis) -> Standing:
    """Return what the report shows of a diagnosis: beside a learner nobody else is named."""
    return Standing(
        diagnosis.recipient,
        replace(diagnosis.verdict, detail=unnamed(diagnosis.verdict.detail)),
        diagnosis.record_id,
        diagnosis.completed_on,
        diagnosis.delivered_at,
    )
