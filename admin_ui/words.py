"""What people read for the words of the domain."""

from collections.abc import Mapping

from lrx.diagnosis.words import TURNS
from lrx.models import Chip
from lrx.reports.filter import ActivityState
from lrx.reports.oci_status import OciStatus
from lrx.reports.rows import Period
from lrx.text import Text, text

__all__ = ["ACTIVITY_STATES", "CHIPS", "OCI_STATUSES", "PERIODS", "TURNS", "YES_OR_NO"]

CHIPS: Mapping[Chip, Text] = {
    Chip.DELIVERED: text("Delivered"),
    Chip.WAITING: text("Waiting"),
    Chip.RETRYING: text("Retrying"),
    Chip.NEEDS_ACTION: text("Needs action"),
    Chip.NOT_SENT: text("Not sent"),
}

PERIODS: Mapping[Period, Text] = {
    Period.CURRENT: text("Current period"),
    Period.PAST: text("Earlier period"),
}

OCI_STATUSES: Mapping[OciStatus, Text] = {
    OciStatus.HELD: text("Held"),
    OciStatus.MISSING: text("Missing"),
    OciStatus.DUPLICATE: text("Held by two learners"),
}

ACTIVITY_STATES: Mapping[ActivityState, Text] = {
    ActivityState.DONE: text("Record there"),
    ActivityState.MISSING: text("Record missing"),
}

YES_OR_NO: Mapping[bool, Text] = {True: text("Yes"), False: text("No")}
