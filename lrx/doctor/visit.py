"""What the doctor was given to look with."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime

from lrx.recipient import Recipient
from lrx.settings import Settings

__all__ = ["Visit"]


@dataclass(frozen=True, slots=True)
class Visit:
    """One examination: the settings, the recipients installed, the present instant, and whether to read everything."""

    settings: Settings
    recipients: Mapping[str, Recipient]
    now: datetime
    deep: bool
