"""Filters of reports in addresses: read from a form or a link, and written back into links.

Whoever plays with an address gets the page without what cannot be read, never a refusal.
"""

from collections.abc import Callable, Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass, fields, replace
from datetime import date
from enum import StrEnum
from typing import Any, TypeVar
from urllib.parse import urlencode
from uuid import UUID

from admin_ui import words
from lrx.models import Chip
from lrx.recipient import Recipient
from lrx.reports.downloads import Form
from lrx.reports.filter import ActivityState, Filter
from lrx.reports.oci_status import OciStatus
from lrx.reports.rows import Period
from lrx.reports.site_records import SiteFilter
from lrx.source import SOURCE_TITLES, Source
from lrx.text import Text, text
from lrx.web.problems import UnknownPath
from lrx.web.reading import InvalidQuery

__all__ = [
    "PARAMETERS",
    "Active",
    "Parameter",
    "active",
    "address",
    "course_filter_from",
    "filter_from",
    "form_named",
    "is_left_out",
    "query_of",
    "refuse_left_out",
]

Wanted = TypeVar("Wanted", Filter, SiteFilter)

LONGEST_WORDS = 200
FIRST_YEAR, LAST_YEAR = 1900, 2200


@dataclass(frozen=True, slots=True)
class Parameter:
    """A field of a filter in an address: its name there, its label, how it is read (`ValueError` where it cannot be),
    and the words of its values where it has a fixed set of them."""

    name: str
    label: Text
    read: Callable[[str], Any]
    values: Mapping[Any, Text] | None = None

    @property
    def choices(self) -> Mapping[str, Text]:
        """The words of its values, by the values as addresses write them."""
        return {_written(value): word for value, word in (self.values or {}).items()}


@dataclass(frozen=True, slots=True)
class Active:
    """A field that narrows the report now, and the address without it."""

    label: Text
    value: Text | str | date
    address: str


def _yes_or_no(written: str) -> bool:
    return {"yes": True, "no": False}[written]


def _day(written: str) -> date:
    day = date.fromisoformat(written)
    if not FIRST_YEAR <= day.year <= LAST_YEAR:
        raise ValueError(written)
    return day


def _line(written: str) -> str:
    if "\x00" in written:
        raise ValueError("no text holds NUL")
    return written[:LONGEST_WORDS]


PARAMETERS: Mapping[str, Parameter] = {
    "words": Parameter("q", text("Learner"), _line),
    "recipient": Parameter("recipient", text("Recipient"), _line),
    "chip": Parameter("chip", text("Where it stands"), Chip, words.CHIPS),
    "reason": Parameter("reason", text("Reason"), _line),
    "has_record": Parameter("record", text("Course record"), _yes_or_no, words.YES_OR_NO),
    "source": Parameter("source", text("Source"), Source, SOURCE_TITLES),
    "period": Parameter("period", text("Reporting period"), Period, words.PERIODS),
    "completed_from": Parameter("from", text("Completed from"), _day),
    "completed_to": Parameter("to", text("Completed up to"), _day),
    "voided": Parameter("voided", text("Voided"), _yes_or_no, words.YES_OR_NO),
    "activity_id": Parameter("activity", text("Activity"), UUID),
    "activities": Parameter("activities", text("Activity records"), ActivityState, words.ACTIVITY_STATES),
    "oci_status": Parameter("oci", text("OCI ID"), OciStatus, words.OCI_STATUSES),
    "course_id": Parameter("course", text("Course"), UUID),
    "is_of_activity": Parameter("of_activity", text("Record of an activity"), _yes_or_no, words.YES_OR_NO),
}
"""By the names of the fields of `Filter` and `SiteFilter`."""


def filter_from(kind: type[Wanted], query: Mapping[str, str]) -> Wanted:
    """Return the filter an address asks for; what cannot be read asks for nothing."""
    found: dict[str, Any] = {}
    for field in (one.name for one in fields(kind)):
        given = query.get(PARAMETERS[field].name, "")
        with suppress(ValueError, KeyError):
            if given.strip():
                found[field] = PARAMETERS[field].read(given)
    return kind(**found)


def course_filter_from(query: Mapping[str, str], recipients: Mapping[str, Recipient]) -> Filter:
    """Return the same of a course's report, without a recipient or a reason that there is not."""
    wanted = filter_from(Filter, query)
    unknown: Mapping[str, Any] = dict.fromkeys(wanted.unknown(recipients))
    return replace(wanted, **unknown)


def is_left_out(query: Mapping[str, str], wanted: Filter | SiteFilter) -> bool:
    """Whether the address asks for something that was not understood, and that the filter therefore leaves out."""
    understood = query_of(wanted)
    names = (parameter.name for parameter in PARAMETERS.values())
    return any(query.get(name, "").strip() and name not in understood for name in names)


def refuse_left_out(query: Mapping[str, str], wanted: Filter | SiteFilter) -> None:
    """Return where everything was understood: a file says nothing of what it leaves out. Raises `InvalidQuery`."""
    if is_left_out(query, wanted):
        raise InvalidQuery(
            text(
                "A filter in this address cannot be read. Choose the filters on the page of the report, and try again."
            )
        )


def query_of(wanted: Filter | SiteFilter) -> dict[str, str]:
    """Return the parameters that ask for this filter."""
    values = {one.name: getattr(wanted, one.name) for one in fields(wanted)}
    return {PARAMETERS[name].name: _written(value) for name, value in values.items() if value not in (None, "")}


def _written(value: object) -> str:
    if isinstance(value, bool):
        return "yes" if value else "no"
    return value.value if isinstance(value, StrEnum) else str(value)


def active(wanted: Filter | SiteFilter, path: str, names: Mapping[Any, str | Text]) -> Sequence[Active]:
    """Return each field that narrows the report, with the address that drops it. `names` are those of values that are
    ids or codes."""
    query = query_of(wanted)
    found = []
    for field, parameter in PARAMETERS.items():
        value = getattr(wanted, field, None)
        if value in (None, ""):
            continue
        rest = {name: one for name, one in query.items() if name != parameter.name}
        shown: Any = parameter.values[value] if parameter.values else names.get(value, value)
        told = shown if isinstance(shown, Text | date) else str(shown)
        found.append(Active(parameter.label, told, address(path, rest)))
    return found


def address(path: str, query: Mapping[str, str]) -> str:
    """Return the address of a path with these parameters."""
    return f"{path}?{urlencode(query)}" if query else path


def form_named(written: str) -> Form:
    """Return the kind of file an address ends with. Raises `UnknownPath` for any other ending."""
    form = next((form for form in Form if form.value == written), None)
    if form is None:
        raise UnknownPath(text("There is no such file. Choose CSV or XLSX on the page of the report."))
    return form
