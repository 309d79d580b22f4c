"""The rosters of courses."""

from uuid import UUID

from sqlalchemy import Index, UniqueConstraint
from sqlmodel import Field, SQLModel

from lrx.models.columns import FoldedColumn, SequenceNumber

__all__ = ["CourseLearner"]


class CourseLearner(SQLModel, table=True):
    """A learner who has a record, an enrolment or another observation in a course. `sort_name` is the learner's;
    `has_course_record` tells whether a record of the course itself was ever kept, voided or not."""

    __tablename__ = "course_learner"
    __table_args__ = (
        UniqueConstraint("site_id", "learner_id", "course_id"),
        Index(None, "site_id", "course_id", "sort_name", "learner_id"),
        Index("ix_course_learner_with_record", "site_id", "course_id", "has_course_record", "sort_name", "learner_id"),
    )

    seq: int | None = Field(default=None, primary_key=True, sa_type=SequenceNumber)
    site_id: UUID = Field(foreign_key="site.id")
    course_id: UUID = Field(foreign_key="course.id")
    learner_id: UUID = Field(foreign_key="learner.id")
    sort_name: str = Field(sa_type=FoldedColumn)
    has_course_record: bool = False
