"""The evidence of a check, labelled: what a diagnosis keeps as JSON, as people read it. Pure."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from admin_ui.words import YES_OR_NO
from lrx.source import SOURCE_TITLES
from lrx.text import Text, text

__all__ = ["LABELS", "WORDS", "Fact", "evidence"]

LABELS: Mapping[str, Text] = {
    "activities": text("Activities"),
    "activity": text("Activity"),
    "activity_id": text("Activity"),
    "added_by": text("Added by"),
    "amendment_id": text("Amendment"),
    "amendments": text("Amendments"),
    "asked": text("Asked for"),
    "asked_at": text("Asked on"),
    "asked_course": text("Course asked for"),
    "asked_days": text("Days with a question"),
    "asks_every_day": text("Asks on every day of the week"),
    "at": text("When"),
    "attempts": text("Tries"),
    "by": text("By"),
    "code": text("Code"),
    "colleges": text("Colleges"),
    "completed_at": text("Completed on"),
    "completed_on": text("Completed on"),
    "confirmed_by": text("Confirmed by"),
    "confirmed_on": text("Confirmed on"),
    "counts": text("Counts"),
    "earlier": text("Held before"),
    "elsewhere": text("On the other account"),
    "expired_at": text("Let expire on"),
    "expires_at": text("Expires on"),
    "first": text("First day that counts"),
    "first_given_at": text("First given on"),
    "full_name": text("Name"),
    "grade": text("Grade"),
    "happened_at": text("When"),
    "has_record": text("Has a course record"),
    "held": text("Held here"),
    "held_from": text("Held since"),
    "held_until": text("Held until"),
    "hint": text("Perhaps meant"),
    "inquiries": text("Inquiries"),
    "inquiry_id": text("Inquiry"),
    "intervals": text("Sends"),
    "kind": text("Kind"),
    "last": text("Last day that counts"),
    "last_asked_at": text("Last asked on"),
    "last_given_at": text("Last given on"),
    "learner_id": text("Account"),
    "look_alikes": text("Accounts that look alike"),
    "looked_days": text("Days looked at"),
    "namesakes": text("Courses of the same name"),
    "near": text("Asked for, and found nobody"),
    "note": text("Note"),
    "oci_id": text("OCI ID"),
    "oci_ids": text("OCI ID"),
    "origin": text("Came by"),
    "others": text("Other accounts"),
    "outcome": text("How it ended"),
    "record_id": text("Record"),
    "recorded_at": text("Recorded on"),
    "records": text("Records"),
    "refused_at": text("Refused on"),
    "removed_at": text("Removed on"),
    "repeated_on": text("Repeated on"),
    "repeats": text("Repeats"),
    "seen": text("Seen in the course"),
    "shared": text("Has in common"),
    "since": text("Since"),
    "sites": text("Sites"),
    "source": text("Source"),
    "suspended": text("Suspended"),
    "times": text("How often"),
    "typed": text("Typed"),
    "unmatched": text("Asked for, and found nobody"),
    "until": text("Until"),
    "username": text("User name"),
    "was_delivered_at": text("Delivered before, on"),
    "why": text("Why"),
    "why_not": text("Why not"),
}

WORDS: Mapping[str, Mapping[str, Text]] = {
    "source": {source.value: title for source, title in SOURCE_TITLES.items()},
    "shared": {"name": text("name"), "email": text("e-mail address"), "idnumber": text("id number")},
    "elsewhere": {"record": text("course record"), "oci_id": text("OCI ID")},
    "outcome": {
        "answered": text("answered"),
        "malformed_identifier": text("no OCI ID"),
        "college_not_served": text("college not served"),
        "unknown_learner": text("nobody found"),
        "several_learners": text("several learners found"),
    },
    "kind": {
        "enrolled": text("enrolled"),
        "unenrolled": text("enrolment ended"),
        "attempt_started": text("attempt started"),
        "attempt_submitted": text("attempt handed in"),
        "failed": text("attempt not passed"),
        "uncompleted": text("completion taken back"),
        "same_number_other_college": text("same number, other college"),
        "leading_zeros": text("leading zeros"),
        "digits_swapped": text("two digits swapped"),
        "digit_changed": text("one digit different"),
        "digit_missing": text("one digit fewer here"),
        "digit_added": text("one digit more here"),
    },
}
"""What people read for the codes of a fact."""


@dataclass(frozen=True, slots=True)
class Fact:
    """One fact: its label, and either its values or, for a list of things, the facts of each. A value is a sentence to
    be said, or a string as it was written."""

    label: Text
    values: tuple[Text | str, ...] = ()
    things: tuple[tuple["Fact", ...], ...] = ()
    is_code: bool = False


def evidence(facts: Mapping[str, Any]) -> Sequence[Fact]:
    """Return the facts of a check that say something, in the order they were kept."""
    return tuple(_fact(name, value) for name, value in facts.items() if value not in (None, "", []))


def _fact(name: str, value: Any) -> Fact:
    label = LABELS.get(name, Text(name.replace("_", " ")))
    many = value if isinstance(value, list) else [value]
    if any(isinstance(one, dict) for one in many):
        return Fact(label, things=tuple(tuple(evidence(one)) for one in many))
    return Fact(label, tuple(_value(name, one) for one in many), is_code=name.endswith(("_id", "_ids")))


def _value(name: str, value: Any) -> Text | str:
    if isinstance(value, bool):
        return YES_OR_NO[value]
    return WORDS.get(name, {}).get(str(value), str(value))
