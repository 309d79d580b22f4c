"""Where a learning record comes from, and which of these are sent on."""

from collections.abc import Mapping
from enum import StrEnum

from lrx.text import Text, text

__all__ = ["SENT_SOURCES", "SOURCE_TITLES", "Source"]


class Source(StrEnum):
    """Where a record comes from. A caller never chooses it."""

    COMPLETION = "completion"
    SUPPORTING_DOCUMENTATION = "supporting_documentation"
    EQUIVALENCY = "equivalency"
    CSV_UPLOAD = "csv_upload"


SENT_SOURCES = frozenset({Source.COMPLETION, Source.SUPPORTING_DOCUMENTATION})
"""Sources that recipients get; the others count here only."""

SOURCE_TITLES: Mapping[Source, Text] = {
    Source.COMPLETION: text("Completed here"),
    Source.SUPPORTING_DOCUMENTATION: text("Supporting documentation"),
    Source.EQUIVALENCY: text("Course equivalency"),
    Source.CSV_UPLOAD: text("CSV upload"),
}
"""What people read."""
