"""What is said of a reason where something else is so that changes it, to the physician and administrators. Pure."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import replace
from enum import StrEnum
from typing import TypeVar

from lrx.diagnosis.letters.explanations import EXPLANATIONS, Explanation
from lrx.diagnosis.letters.writing import Draft
from lrx.text import Text, text

__all__ = ["SPECIAL_DIRECTIONS", "SPECIAL_EXPLANATIONS", "SPECIAL_REMEDIES", "Circumstance", "fitting"]

Said = TypeVar("Said")


class Circumstance(StrEnum):
    """What else is so."""

    SENT_BEFORE = "sent_before"
    """The course sent to the recipient before."""
    KEPT_HERE = "kept_here"
    """The record stays here, whatever else is mended."""


_HOLDS: Mapping[Circumstance, Callable[[Draft], bool]] = {
    Circumstance.SENT_BEFORE: lambda draft: draft.was_sent_before,
    Circumstance.KEPT_HERE: lambda draft: bool(draft.keeping),
}


def fitting(draft: Draft, reason: str, usual: Said, special: Mapping[str, tuple[Circumstance, Said]]) -> Said:
    """Return what is usually said of the reason, or what is said of it in the circumstance named with it."""
    if reason not in special:
        return usual
    circumstance, said = special[reason]
    return said if _HOLDS[circumstance](draft) else usual


_NOT_ENOUGH = text("That alone is not enough: what is said above stands in the way as well.")


def _not_enough(reason: str, then: Text) -> tuple[Circumstance, Explanation]:
    """The physician has to do that too, and nothing follows from it."""
    usual = EXPLANATIONS[reason]
    return Circumstance.KEPT_HERE, replace(usual, next=then, after=_NOT_ENOUGH)


SPECIAL_EXPLANATIONS: Mapping[str, tuple[Circumstance, Explanation]] = {
    "no_course_recipient": (
        Circumstance.SENT_BEFORE,
        Explanation(
            text("The course no longer reports to {recipient}."),
            text(
                "The course administrator is asked to add {recipient} to the course again. Completions recorded while "
                "it reported to {recipient} are then sent; of one recorded since, we will tell you whether to repeat "
                "the course or to hand in proof."
            ),
            stands=False,
        ),
    ),
    "activities_open": _not_enough(
        "activities_open", text("Please open the course again and finish what it asks for.")
    ),
    "activity_record_missing": _not_enough("activity_record_missing", text("Please complete what is named here too.")),
    "activity_record_outdated": _not_enough("activity_record_outdated", text("Please repeat what is named here too.")),
}
"""What the physician is told."""

SPECIAL_DIRECTIONS: Mapping[str, tuple[Circumstance, Sequence[Text]]] = {
    "no_course_recipient": (
        Circumstance.SENT_BEFORE,
        (
            text("Add {recipient} to the course again: POST /api/v1/courses/{course_id}/recipients."),
            text(
                "Records made while the course sent to {recipient} are then released at once, and new ones as they "
                "come. Tell those who completed in between to hand in proof, or to repeat."
            ),
        ),
    ),
}
"""The steps of whoever can mend it."""

SPECIAL_REMEDIES: Mapping[str, tuple[Circumstance, Text]] = {
    "activity_record_missing": (
        Circumstance.KEPT_HERE,
        text(
            "The learner completes the activities named; the record is not released by that alone. In its way besides: "
            "{reasons}."
        ),
    ),
}
"""What administrators are told is asked of others."""
