"""The reports as sheets: their columns, and the cells of a row. Headers are English and stable; pure.

The first columns are those that learning records are uploaded with, so that a file can be edited and sent back.
Instants are in UTC with all their digits: an upload finds the record by them.
"""

from collections import Counter
from collections.abc import Iterator, Mapping
from datetime import date, datetime
from typing import TypeAlias
from uuid import UUID

from lrx.clock import written_in_utc
from lrx.reports.learning_records import Report
from lrx.reports.rows import RecordShown, Row
from lrx.reports.site_records import SiteRecord

__all__ = ["SITE_HEADER", "UPLOAD_COLUMNS", "Cells", "course_cells", "course_header", "site_cells"]

Cells: TypeAlias = list[str | float]

UPLOAD_COLUMNS = ("username", "course_shortname", "completed_on", "expires_on", "final_grade", "voided", "verb")

COURSE_COLUMNS = (
    "learner",
    "learner_id",
    "oci_ids",
    "oci_id_status",
    "record_id",
    "source",
    "period",
    "activities_done",
    "activities_mandatory",
    "activities_missing",
)

SITE_HEADER = (
    *UPLOAD_COLUMNS,
    "learner",
    "learner_id",
    "course",
    "course_id",
    "activity",
    "record_id",
    "source",
    "recorded_at",
)

COMPLETED = "completed"
"""The only verb of an upload."""

OF_RECIPIENT = ("status", "reason", "delivered_at")


def course_header(report: Report) -> list[str]:
    """Return the columns for one course: a column for each activity that is mandatory now, and some for each
    recipient."""
    mandatory = [one.full_name for one in report.activities if one.mandatory]
    times = Counter(mandatory)
    named = [
        f"activity: {name}" if times[name] == 1 else f"activity: {name} ({place})"
        for place, name in enumerate(mandatory, 1)
    ]
    standings = [f"{column.recipient}_{part}" for column in report.columns for part in OF_RECIPIENT]
    return [*UPLOAD_COLUMNS, *COURSE_COLUMNS, *standings, *named]


def course_cells(report: Report, row: Row) -> Cells:
    """Return the cells of a row of the report. Cells of the upload are empty where there is no course record."""
    days = {one.activity_id: one.completed_on for one in row.activities.each}
    return [
        *_upload(row.username, report.course.shortname, row.record),
        row.full_name,
        str(row.learner_id),
        "; ".join(map(str, row.oci_ids)),
        row.oci_status.value,
        str(row.record.record_id) if row.record else "",
        row.record.source.value if row.record else "",
        row.record.period.value if row.record else "",
        row.activities.done,
        row.activities.mandatory,
        "; ".join(row.activities.missing),
        *_standings(row),
        *(_day(days, one.id) for one in report.activities if one.mandatory),
    ]


def site_cells(record: SiteRecord) -> Cells:
    """Return the cells of one record. One of an activity has no short name of a course: only records of courses are
    uploaded, and it must not be taken for one."""
    return [
        *_upload(record.username, record.shortname if record.activity is None else None, record),
        record.learner,
        str(record.learner_id),
        record.course,
        str(record.course_id),
        record.activity or "",
        str(record.record_id),
        record.source.value,
        _instant(record.recorded_at),
    ]


def _upload(username: str | None, shortname: str | None, record: RecordShown | SiteRecord | None) -> Cells:
    if record is None:
        return [username or "", shortname or "", "", "", "", "", ""]
    return [
        username or "",
        shortname or "",
        _instant(record.completed_at),
        _instant(record.expires_at),
        "" if record.grade is None else record.grade,
        "1" if record.is_voided else "0",
        COMPLETED,
    ]


def _day(days: Mapping[UUID, date | None], activity_id: UUID) -> str:
    """Empty where the activity was not mandatory when the record was kept."""
    if activity_id not in days:
        return ""
    day = days[activity_id]
    return day.isoformat() if day else "missing"


def _standings(row: Row) -> Iterator[str]:
    for one in row.standings:
        yield one.verdict.chip.value
        yield one.verdict.reason or ""
        yield _instant(one.delivered_at)


def _instant(instant: datetime | None) -> str:
    return written_in_utc(instant) if instant else ""
