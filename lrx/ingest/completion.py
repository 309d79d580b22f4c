"""A completion: what a source claims, before it is kept."""

from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from lrx.source import Source

__all__ = ["Completion"]


@dataclass(frozen=True, slots=True)
class Completion:
    """A claim that a learner completed a course, or one of its activities (`activity_id`).

    `completed_at` is what the source says, `recorded_at` when the claim reached us: for a statement its `stored`,
    however late it is projected. `external_id` is the caller's own name for the claim.
    """

    learner_id: UUID
    course_id: UUID
    activity_id: UUID | None
    source: Source
    completed_at: datetime
    recorded_at: datetime
    grade: float | None = None
    external_id: str | None = None
    statement_seq: int | None = None
