"""What the pages of reports have in common: the filters, and the addresses that keep them."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import ClassVar
from urllib.parse import urlencode

from admin_ui.pages.filters import PARAMETERS, Active, Parameter, address, query_of
from lrx.reports.downloads import Form
from lrx.reports.filter import Filter
from lrx.reports.site_records import SiteFilter

__all__ = ["ReportPage"]


@dataclass(frozen=True, slots=True, kw_only=True)
class ReportPage:
    """A page of a report at `path`, with what was asked for and each filter in use; `following` is where the next page
    begins, None on the last. `is_left_out`: something in the address was not understood."""

    parameters: ClassVar[Mapping[str, Parameter]] = PARAMETERS

    path: str
    wanted: Filter | SiteFilter
    active: Sequence[Active]
    is_left_out: bool
    is_first: bool
    following: str | None

    @property
    def values(self) -> Mapping[str, str]:
        """The filters as the form writes them."""
        return query_of(self.wanted)

    @property
    def next_address(self) -> str | None:
        """The next page, with the filters; None on the last."""
        return f"?{urlencode({**self.values, 'after': self.following})}" if self.following else None

    @property
    def first_address(self) -> str | None:
        """The first page, with the filters; None on it."""
        return None if self.is_first else address(self.path, self.values)

    @property
    def clear_address(self) -> str:
        """The report without any filter."""
        return self.path

    @property
    def downloads(self) -> Mapping[str, str]:
        """The files with these filters, by their kind."""
        return {form.value: address(f"{self.path}.{form.value}", self.values) for form in Form}
