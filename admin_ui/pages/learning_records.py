"""Learning Records (Course Level): the report people open first when a record did not reach a recipient."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from uuid import UUID

from sqlmodel import Session
from starlette.responses import Response

from admin_ui.pages.filters import (
    active,
    address,
    course_filter_from,
    form_named,
    is_left_out,
    query_of,
    refuse_left_out,
)
from admin_ui.pages.report_page import ReportPage
from admin_ui.rendering import render
from admin_ui.visit import Visit
from lrx.api.pagination import InvalidCursor
from lrx.api.report_filters import cursor_after, place_after
from lrx.diagnosis.reasons import REASONS
from lrx.models import Chip
from lrx.reports.downloads import course_download
from lrx.reports.filter import ActivityState, Filter
from lrx.reports.learning_records import Report, learning_records
from lrx.reports.oci_status import OciStatus
from lrx.reports.roster import Place, Tally, tally
from lrx.text import Text, text

__all__ = ["LearningRecordsPage", "download", "show"]

PRESETS: Sequence[tuple[Text, Filter]] = (
    (text("Needs action"), Filter(chip=Chip.NEEDS_ACTION)),
    (text("Waiting"), Filter(chip=Chip.WAITING)),
    (text("Not sent"), Filter(chip=Chip.NOT_SENT)),
    (
        text("Course record but no activity record"),
        Filter(has_record=True, activities=ActivityState.MISSING),
    ),
    (text("No course record"), Filter(has_record=False)),
    (text("No OCI ID"), Filter(oci_status=OciStatus.MISSING)),
    (text("OCI ID held by two learners"), Filter(oci_status=OciStatus.DUPLICATE)),
)

TITLES: Mapping[str, Text] = {code: reason.title for code, reason in REASONS.items()}


@dataclass(frozen=True, slots=True)
class Preset:
    """A filter people often need."""

    title: Text
    address: str
    is_chosen: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class LearningRecordsPage(ReportPage):
    """The report, and what its filters offer to choose from."""

    report: Report
    tally: Tally
    recipients: Mapping[str, str]
    reasons: Mapping[str, Text]
    activities: Mapping[str, str]
    presets: Sequence[Preset]

    @property
    def is_all_clear(self) -> bool:
        """Whether nobody stands where action is needed, after everybody was looked at."""
        asked_for_action = self.wanted in (Filter(chip=Chip.NEEDS_ACTION), Filter(oci_status=OciStatus.MISSING))
        is_whole = self.first_address is None and self.next_address is None
        return asked_for_action and is_whole and not self.report.rows


async def show(visit: Visit) -> Response:
    """Fifty learners of the course, by name."""
    act, query = visit.act, visit.request.query_params
    wanted, after = course_filter_from(query, visit.exchange.recipients), _place(query.get("after"))
    course_id = visit.request.path_params["course_id"]

    def work(session: Session) -> tuple[Report, Tally]:
        report = learning_records(session, act, visit.exchange.recipients, course_id, wanted, after=after)
        return report, tally(session, act, course_id)

    report, counted = await visit.exchange.database.read(work)
    path = visit.request.url.path
    following = cursor_after(report.next_after)
    page = LearningRecordsPage(
        path=path,
        report=report,
        tally=counted,
        wanted=wanted,
        recipients={column.recipient: column.title for column in report.columns},
        reasons=TITLES,
        activities={str(one.id): one.full_name for one in report.activities},
        active=active(wanted, path, _names(report)),
        is_left_out=is_left_out(query, wanted),
        presets=[_preset(path, title, preset, wanted) for title, preset in PRESETS],
        is_first=after is None,
        following=following,
    )
    return render(visit, "learning_records.html", page)


async def download(visit: Visit) -> Response:
    """The report as a file, with the filters of the page."""
    form = form_named(visit.request.path_params["form"])
    wanted = course_filter_from(visit.request.query_params, visit.exchange.recipients)
    refuse_left_out(visit.request.query_params, wanted)
    course_id: UUID = visit.request.path_params["course_id"]
    made = await course_download(visit.exchange, visit.caller, visit.request_id, course_id, wanted, form)
    return made.response()


def _place(written: str | None) -> Place | None:
    try:
        return place_after(written)
    except InvalidCursor:
        return None


def _preset(path: str, title: Text, preset: Filter, wanted: Filter) -> Preset:
    return Preset(title, address(path, query_of(preset)), preset == wanted)


def _names(report: Report) -> Mapping[object, str | Text]:
    recipients = {column.recipient: column.title for column in report.columns}
    return dict([*TITLES.items(), *recipients.items(), *((one.id, one.full_name) for one in report.activities)])
