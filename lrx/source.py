"""Where a learning record comes from, and which of these are sent on."""

from enum import StrEnum

__all__ = ["SENT_SOURCES", "Source"]


class Source(StrEnum):
    """Where a record comes from. A caller never chooses it."""

    COMPLETION = "completion"
    SUPPORTING_DOCUMENTATION = "supporting_documentation"
    EQUIVALENCY = "equivalency"
    CSV_UPLOAD = "csv_upload"


SENT_SOURCES = frozenset({Source.COMPLETION, Source.SUPPORTING_DOCUMENTATION})
"""Sources that recipients get; the others count here only."""
