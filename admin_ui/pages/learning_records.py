"""Learning Records (Course Level): the report people open first when a record did not reach a recipient."""

from dataclasses import dataclass
from urllib.parse import urlencode

from starlette.responses import Response

from admin_ui.pages.courses import after_of
from admin_ui.rendering import render
from admin_ui.visit import Visit
from lrx.models import Chip
from lrx.reports.learning_records import Filter, Report, learning_records

__all__ = ["LearningRecordsPage", "show"]

LONGEST_WORDS = 200


@dataclass(frozen=True, slots=True)
class LearningRecordsPage:
    """The report and what it was asked for; addresses keep the filters, `clear_address` drops them."""

    report: Report
    wanted: Filter
    next_address: str | None
    first_address: str | None
    clear_address: str


async def show(visit: Visit) -> Response:
    """Fifty learners of the course, by name."""
    act, query = visit.act, visit.request.query_params
    chip = next((chip for chip in Chip if chip.value == query.get("chip")), None)
    wanted = Filter(query.get("q", "")[:LONGEST_WORDS], chip)
    after = after_of(query.get("after", ""))
    course_id = visit.request.path_params["course_id"]
    report = await visit.exchange.database.read(
        lambda session: learning_records(session, act, visit.exchange.recipients, course_id, wanted, after=after)
    )
    filters = {"q": wanted.words, "chip": wanted.chip.value if wanted.chip else ""}
    kept = {name: value for name, value in filters.items() if value}
    path = visit.request.url.path
    page = LearningRecordsPage(
        report=report,
        wanted=wanted,
        next_address=f"?{urlencode({**kept, 'after': str(report.next_after)})}" if report.next_after else None,
        first_address=f"{path}?{urlencode(kept)}" if after else None,
        clear_address=path,
    )
    return render(visit, "learning_records.html", page)
