"""`/courses/{course_id}/learning-record-report` and files: everybody of a course with the record, the activities, and
where it stands at each recipient; all records of the site as a file."""

from datetime import date
from typing import Literal
from uuid import UUID

from sqlmodel import Session

from lrx.api.operation import Call, operation
from lrx.api.pagination import Page
from lrx.api.report_filters import (
    CourseReportFilter,
    CourseReportQuery,
    SiteReportFilter,
    cursor_after,
    place_after,
)
from lrx.api.values import RECORDS as TAG
from lrx.api.values import CoursePath, Instant, Out
from lrx.courses.courses import UnknownActivity, UnknownCourse
from lrx.errors import Turn
from lrx.models import Chip
from lrx.reports.downloads import MEDIA_TYPES, Form, course_download, site_download
from lrx.reports.learning_records import learning_records
from lrx.reports.oci_status import OciStatus
from lrx.reports.rows import ActivityShown, Period, RecordShown, Row
from lrx.reports.standing import Standing
from lrx.source import Source
from lrx.text import say
from lrx.web.files import Download

__all__ = ["OPERATIONS"]


class ReportRecord(Out):
    """The newest course record that is neither voided nor expired by an administrator, else the newest."""

    id: UUID
    completed_on: date
    """The day in the site's time zone."""
    completed_at: Instant
    expires_at: Instant | None
    valid_until: date | None
    """The last day it holds."""
    grade: float | None
    source: Source
    period: Period
    voided: bool


class ReportActivity(Out):
    """A mandatory activity."""

    id: UUID
    full_name: str
    completed_on: date | None
    """The day of the newest record of it that is sent; null where there is none."""


class ReportStanding(Out):
    """Where the learner stands at one recipient of the course, or at the one asked for."""

    recipient: str
    chip: Chip
    reason: str | None
    detail: str
    remedy: str | None
    turn: Turn
    delivered_at: Instant | None


class ReportRow(Out):
    """One learner of the course."""

    object: Literal["learning_record_report_row"] = "learning_record_report_row"
    learner_id: UUID
    full_name: str
    username: str | None
    oci_ids: list[str]
    oci_id_status: OciStatus
    record: ReportRecord | None
    activities: list[ReportActivity]
    standings: list[ReportStanding]


class ReportPage(Page[ReportRow]):
    """Learners by name. Enough were looked at for one page where there are fewer than asked for and more to come."""

    looked_at: int
    """How many learners were looked at for this page."""


@operation(
    "GET",
    "/courses/{course_id}/learning-record-report",
    permission="records:read",
    summary="Report on the learners of a course",
    tag=TAG,
    errors=(UnknownCourse, UnknownActivity),
)
def get_learning_record_report(call: Call, path: CoursePath, query: CourseReportQuery, session: Session) -> ReportPage:
    """Everybody with a record, an enrolment or another observation in the course, by name. What is filtered by where
    people stand is looked for among 5,000 learners at a time: a page may then be short, or empty, and still have a
    `next_cursor`."""
    report = learning_records(
        session,
        call.act,
        call.exchange.recipients,
        path.course_id,
        query.wanted(call.exchange.recipients),
        after=place_after(query.cursor),
        size=query.limit,
    )
    return ReportPage(
        data=[_shown(call, row) for row in report.rows],
        has_more=report.next_after is not None,
        next_cursor=cursor_after(report.next_after),
        looked_at=report.looked_at,
    )


@operation(
    "GET",
    "/courses/{course_id}/learning-record-report.csv",
    permission="records:read",
    summary="Report on the learners of a course, as CSV",
    tag=TAG,
    errors=(UnknownCourse, UnknownActivity),
    media_type=MEDIA_TYPES[Form.CSV],
)
async def download_learning_record_report_csv(call: Call, path: CoursePath, query: CourseReportFilter) -> Download:
    """The whole report. Its first columns are those that learning records are uploaded with."""
    return await course_download(
        call.exchange, call.caller, call.request_id, path.course_id, query.wanted(call.exchange.recipients), Form.CSV
    )


@operation(
    "GET",
    "/courses/{course_id}/learning-record-report.xlsx",
    permission="records:read",
    summary="Report on the learners of a course, as a workbook",
    tag=TAG,
    errors=(UnknownCourse, UnknownActivity),
    media_type=MEDIA_TYPES[Form.XLSX],
)
async def download_learning_record_report_xlsx(call: Call, path: CoursePath, query: CourseReportFilter) -> Download:
    """The columns of the CSV file. Ids and instants are text."""
    return await course_download(
        call.exchange, call.caller, call.request_id, path.course_id, query.wanted(call.exchange.recipients), Form.XLSX
    )


@operation(
    "GET",
    "/learning-records.csv",
    permission="records:read",
    summary="Learning records of the site, as CSV",
    tag=TAG,
    media_type=MEDIA_TYPES[Form.CSV],
)
async def download_learning_records_csv(call: Call, query: SiteReportFilter) -> Download:
    """The newest recorded first. Records of activities have no `course_shortname`: only those of courses are
    uploaded."""
    return await site_download(call.exchange, call.caller, call.request_id, query.wanted(), Form.CSV)


@operation(
    "GET",
    "/learning-records.xlsx",
    permission="records:read",
    summary="Learning records of the site, as a workbook",
    tag=TAG,
    media_type=MEDIA_TYPES[Form.XLSX],
)
async def download_learning_records_xlsx(call: Call, query: SiteReportFilter) -> Download:
    """The columns of the CSV file. Ids and instants are text."""
    return await site_download(call.exchange, call.caller, call.request_id, query.wanted(), Form.XLSX)


def _shown(call: Call, row: Row) -> ReportRow:
    return ReportRow(
        learner_id=row.learner_id,
        full_name=row.full_name,
        username=row.username,
        oci_ids=[str(one) for one in row.oci_ids],
        oci_id_status=row.oci_status,
        record=_record(row.record) if row.record else None,
        activities=[_activity(one) for one in row.activities.each],
        standings=[_standing(call, one) for one in row.standings],
    )


def _record(record: RecordShown) -> ReportRecord:
    return ReportRecord(
        id=record.record_id,
        completed_on=record.completed_on,
        completed_at=record.completed_at,
        expires_at=record.expires_at,
        valid_until=record.valid_until,
        grade=record.grade,
        source=record.source,
        period=record.period,
        voided=record.is_voided,
    )


def _activity(activity: ActivityShown) -> ReportActivity:
    return ReportActivity(id=activity.activity_id, full_name=activity.full_name, completed_on=activity.completed_on)


def _standing(call: Call, standing: Standing) -> ReportStanding:
    verdict = standing.verdict
    return ReportStanding(
        recipient=standing.recipient,
        chip=verdict.chip,
        reason=verdict.reason,
        detail=say(verdict.detail, call.language),
        remedy=say(verdict.remedy, call.language) if verdict.remedy else None,
        turn=verdict.turn,
        delivered_at=standing.delivered_at,
    )


OPERATIONS = (
    get_learning_record_report,
    download_learning_record_report_csv,
    download_learning_record_report_xlsx,
    download_learning_records_csv,
    download_learning_records_xlsx,
)
