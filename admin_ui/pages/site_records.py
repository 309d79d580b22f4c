"""Learning Records (System Level): every learning record of the site, the newest first."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import ClassVar
from urllib.parse import urlencode
from uuid import UUID

from sqlmodel import Session, select
from starlette.responses import Response

from admin_ui.pages.filters import PARAMETERS, Active, Parameter, active, address, filter_from, form_named, query_of
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


@dataclass(frozen=True, slots=True)
class SiteRecordsPage:
    """The records and what was asked for; addresses keep the filters, `clear_address` drops them. `values` are the
    filters as the form writes them; `standings` are by record, and `recipients` says what each is called."""

    report: SiteReport
    standings: Mapping[UUID, Sequence[Standing]]
    recipients: Mapping[str, str]
    wanted: SiteFilter
    values: Mapping[str, str]
    active: Sequence[Active]
    next_address: str | None
    first_address: str | None
    clear_address: str
    downloads: Mapping[str, str]
    parameters: ClassVar[Mapping[str, Parameter]] = PARAMETERS


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
    path, kept = visit.request.url.path, query_of(wanted)
    following = encode_cursor(CURSOR, report.next_after) if report.next_after else None
    page = SiteRecordsPage(
        report=report,
        standings=standings,
        recipients={code: recipient.title for code, recipient in visit.exchange.recipients.items()},
        wanted=wanted,
        values=kept,
        active=active(wanted, path, {wanted.course_id: course} if course else {}),
        next_address=f"?{urlencode({**kept, 'after': following})}" if following else None,
        first_address=address(path, kept) if after else None,
        clear_address=path,
        downloads={form: address(f"{path}.{form}", kept) for form in ("csv", "xlsx")},
    )
    return render(visit, "site_records.html", page)


async def download(visit: Visit) -> Response:
    """The records as a file, with the filters of the page."""
    form = form_named(visit.request.path_params["form"])
    wanted = filter_from(SiteFilter, visit.request.query_params)
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
