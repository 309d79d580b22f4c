"""Whether a recipient follows a course at all, as somebody there confirmed: a note on the course's recipient.

It decides nothing. Whoever looks for a completion that is missing at the recipient sees whether it could be there.
"""

from collections.abc import Iterator, Mapping
from typing import Any

from lrx.access import Act
from lrx.clock import local_date
from lrx.errors import Fault, Invalid
from lrx.faults import summary
from lrx.models import CourseRecipient
from lrx.text import Text, text

__all__ = ["note_tracking"]

CONFIRMED = ("tracked_confirmed_by", "tracked_confirmed_on")
FIELDS = ("tracked", *CONFIRMED, "tracked_note")


def note_tracking(act: Act, link: CourseRecipient, changes: Mapping[str, Any]) -> None:
    """Note those of `changes` that are about tracking; what is left out stays. `tracked` set to None forgets who
    confirmed it. Raises `Invalid` for a word without who gave it and on which day, or the other way round."""
    given = {name: changes[name] for name in FIELDS if name in changes}
    if not given:
        return
    after = {name: getattr(link, name) for name in FIELDS} | given
    if "tracked" in given and given["tracked"] is None:
        after |= {name: given.get(name) for name in CONFIRMED}
    faults = tuple(_faults(act, after))
    if faults:
        raise Invalid(summary(faults), faults=faults)
    for name, value in after.items():
        setattr(link, name, value)


def _faults(act: Act, after: Mapping[str, Any]) -> Iterator[Fault]:
    by, on = after["tracked_confirmed_by"], after["tracked_confirmed_on"]
    if after["tracked"] is None and (by is not None or on is not None):
        yield _fault("tracked", text("Say in tracked whether the recipient follows the course: true or false."))
    if after["tracked"] is not None and by is None:
        yield _fault("tracked_confirmed_by", text("Say who at the recipient confirmed this, in tracked_confirmed_by."))
    if after["tracked"] is not None and on is None:
        yield _fault(
            "tracked_confirmed_on", text("Say on which day this was confirmed, in tracked_confirmed_on (2026-11-20).")
        )
    if on is not None and on > local_date(act.at, act.zone):
        yield _fault("tracked_confirmed_on", text("The day of the confirmation lies in the future. Check it."))


def _fault(field: str, detail: Text) -> Fault:
    return Fault(f"/{field}", "tracking_unconfirmed", detail)
