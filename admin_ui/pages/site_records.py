"""Learning Records (System Level): every learning record of the site, the newest first."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from sqlmodel import Session, select
from starlette.responses import Response

from admin_ui.pages.filters import active, filter_from, form_named, is_left_out, refuse_left_out
from admin_ui.pages.report_page import ReportPage
from admin_ui.rendering import render
from admin_ui.visit import Visit
from lrx.api.pagination import InvalidCursor, decode_cursor, encode_cursor
from lrx.models import Course
from lrx.reports.downloads import site_download
from lrx.reports.site_records import SiteFilter, SitePlace, SiteReport, site_records
from lrx.reports.site_standings import site_standings
from lrx.reports.standing import Standing

__all__ = ["SiteRecordsPage", "download", "show"]

CURSOR = "site-records"


@dataclass(frozen=True, slots=True, kw_only=True)
class SiteRecordsPage(ReportPage):
    """The records, where each stands by its id, and what the recipients are called."""

    report: SiteReport
    standings: Mapping[UUID, Sequence[Standing]]
    recipients: Mapping[str, str]


async def show(visit: Visit) -> Response:
    """Fifty records, the newest first."""
    act, query = visit.act, visit.request.query_params
    wanted, after = filter_from(SiteFilter, query), _place(query.get("after"))

    def work(session: Session) -> tuple[SiteReport, Mapping[UUID, Sequence[Standing]], str | None]:
        named = select(Course.full_name).where(Course.site_id == act.site_id, Course.id == wanted.course_id)
        course = session.exec(named).first() if wanted.course_id else None
        report = site_records(session, act, wanted, after=after)
        return report, site_standings(session, act, visit.exchange.recipients, report.rows), course

    report, standings, course = await visit.exchange.database.read(work)
    path = visit.request.url.path
    following = encode_cursor(CURSOR, report.next_after) if report.next_after else None
    page = SiteRecordsPage(
        path=path,
        report=report,
        standings=standings,
        recipients={code: recipient.title for code, recipient in visit.exchange.recipients.items()},
        wanted=wanted,
        active=active(wanted, path, {wanted.course_id: course} if course else {}),
        is_left_out=is_left_out(query, wanted),
        is_first=after is None,
        following=following,
    )
    return render(visit, "site_records.html", page)


async def download(visit: Visit) -> Response:
    """The records as a file, with the filters of the page."""
    form = form_named(visit.request.path_params["form"])
    wanted = filter_from(SiteFilter, visit.request.query_params)
    refuse_left_out(visit.request.query_params, wanted)
    made = await site_download(visit.exchange, visit.caller, visit.request_id, wanted, form)
    return made.response()


def _place(written: str | None) -> SitePlace | None:
    try:
        place = decode_cursor(CURSOR, written, [datetime, UUID])
    except InvalidCursor:
        return None
    if place is None or not isinstance(place[0], datetime):
        return None
    return (place[0], UUID(str(place[1])))
