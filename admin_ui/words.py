"""What people read for the words of the domain."""

from collections.abc import Mapping

from lrx.errors import Turn
from lrx.models import Chip
from lrx.text import Text, text

__all__ = ["CHIPS", "TURNS"]

CHIPS: Mapping[Chip, Text] = {
    Chip.DELIVERED: text("Delivered"),
    Chip.WAITING: text("Waiting"),
    Chip.RETRYING: text("Retrying"),
    Chip.NEEDS_ACTION: text("Needs action"),
    Chip.NOT_SENT: text("Not sent"),
}

TURNS: Mapping[Turn, Text] = {
    "caller": text("Whoever sent it"),
    "learner": text("Learner"),
    "course_admin": text("Course administrator"),
    "site_admin": text("Site administrator"),
    "recipient": text("Recipient"),
    "lrx": text("This exchange"),
    "nobody": text("Nobody"),
}
