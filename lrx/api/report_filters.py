"""What reports are asked for in the query of an address: which learners or records, and from which place on."""

from collections.abc import Mapping
from uuid import UUID

from pydantic import BaseModel, ConfigDict, Field

from lrx.api.pagination import PageQuery, decode_cursor, encode_cursor
from lrx.api.search import Search
from lrx.errors import Fault
from lrx.models import Chip
from lrx.recipient import Recipient
from lrx.reports.filter import ActivityState, Filter
from lrx.reports.oci_status import OciStatus
from lrx.reports.roster import Place
from lrx.reports.rows import Period
from lrx.reports.site_records import SiteFilter
from lrx.source import Source
from lrx.text import Text, text
from lrx.web.reading import InvalidQuery
from lrx.written_instant import SearchedDay

__all__ = ["CourseReportFilter", "CourseReportQuery", "SiteReportFilter", "cursor_after", "place_after"]

COURSE_CURSOR = "learning-record-report"

UNKNOWN: Mapping[str, Text] = {
    "recipient": text("There is no such recipient here. GET /api/v1/recipients lists them."),
    "reason": text("There is no such reason. The reference of checks lists them all."),
}


class _Completed(BaseModel):
    """When a record was completed, and whether it is voided."""

    model_config = ConfigDict(extra="forbid", use_attribute_docstrings=True)

    q: Search | None = None
    """Words of the name or user name, or parts of an OCI ID; neither case nor accents count."""
    source: Source | None = None
    completed_from: SearchedDay | None = Field(default=None, alias="completed_on[gte]")
    """Days in the site's time zone."""
    completed_to: SearchedDay | None = Field(default=None, alias="completed_on[lte]")
    voided: bool | None = None


class CourseReportFilter(_Completed):
    """Which learners of the course."""

    recipient: str | None = Field(default=None, max_length=40)
    """The recipient that `chip` and `reason` speak of; without it, any the course sends to. It has a column of its own
    even where the course does not send to it. One that is not installed is refused."""
    chip: Chip | None = None
    reason: str | None = Field(default=None, max_length=60)
    """A code, such as `oci_missing`; one that no check gives is refused."""
    has_course_record: bool | None = None
    period: Period | None = None
    """Whether the course record counts in the reporting period of now."""
    activity_id: UUID | None = None
    """The activity of the course that `activities` speaks of; without it, all mandatory ones."""
    activities: ActivityState | None = None
    oci_id_status: OciStatus | None = None

    def wanted(self, recipients: Mapping[str, Recipient]) -> Filter:
        """The filter of the report. Raises `InvalidQuery` for a recipient or a reason that there is not."""
        wanted = self._as_given()
        faults = tuple(Fault(f"/query/{name}", "unknown", UNKNOWN[name]) for name in wanted.unknown(recipients))
        if faults:
            raise InvalidQuery(faults[0].detail, faults=faults)
        return wanted

    def _as_given(self) -> Filter:
        return Filter(
            words=self.q or "",
            recipient=self.recipient,
            chip=self.chip,
            reason=self.reason,
            has_record=self.has_course_record,
            source=self.source,
            period=self.period,
            completed_from=self.completed_from,
            completed_to=self.completed_to,
            voided=self.voided,
            activity_id=self.activity_id,
            activities=self.activities,
            oci_status=self.oci_id_status,
        )


class CourseReportQuery(CourseReportFilter, PageQuery):
    """Which learners of the course, and which piece of them."""


class SiteReportFilter(_Completed):
    """Which records of the site."""

    course_id: UUID | None = None
    is_of_activity: bool | None = None
    """Of an activity (true), or of a whole course."""

    def wanted(self) -> SiteFilter:
        """The filter of the report."""
        return SiteFilter(
            words=self.q or "",
            course_id=self.course_id,
            source=self.source,
            is_of_activity=self.is_of_activity,
            completed_from=self.completed_from,
            completed_to=self.completed_to,
            voided=self.voided,
        )


def cursor_after(place: Place | None) -> str | None:
    """Return the cursor that goes on behind this place of a course's report; None where nothing follows."""
    return encode_cursor(COURSE_CURSOR, place) if place else None


def place_after(cursor: str | None) -> Place | None:
    """Return the place a cursor of a course's report goes on behind; None for no cursor. Raises `InvalidCursor`."""
    place = decode_cursor(COURSE_CURSOR, cursor, [str, UUID])
    return (str(place[0]), UUID(str(place[1]))) if place else None
