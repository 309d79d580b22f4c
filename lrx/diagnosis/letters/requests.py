"""What a recipient's representative is asked or told: by reason, and else by the verdict."""

from collections.abc import Mapping

from lrx.diagnosis.verdict import VerdictState
from lrx.text import Text, text

__all__ = ["OTHERWISE", "REQUESTS"]

REQUESTS: Mapping[str, Text] = {
    "credential_missing": text(
        "{recipient} has no credential at {site} that is in force. Our site administrator is asked to issue one and to "
        "hand it to you."
    ),
    "recipient_silent": text(
        "{recipient} last asked {site} for anything on {last_asked}. Please check that your system still asks us, and "
        "with a credential that is in force."
    ),
    "never_asked": text(
        "{recipient} has never asked {site} for anything. Please check that our hospital is set up in your system, "
        "with the address and the credential we gave you."
    ),
    "college_not_served": text(
        "The OCI ID is of a college whose members are not exchanged between us. Our site administrator is asked to "
        "see to it. Please tell us whether {recipient} can take this college."
    ),
    "recipient_objects": text(
        "The record does not meet what {recipient} asks for. Our site administrator is asked to correct it; nothing is "
        "asked of you."
    ),
    "college_mistaken": text(
        "You ask for {asked}; the person here holds {held}, which is the same number with another college. We are "
        "comparing ours with the college’s public register. Please compare yours too."
    ),
    "asked_for_other_id": text(
        "You ask for {asked}, by which you are given no records here; this person is found by {found_by}. Please ask "
        "for that OCI ID."
    ),
    "asked_for_near_id": text(
        "You ask for {asked} and find nobody; the person here holds {held}, which is nearly the same. We are comparing "
        "ours with the college’s public register. Please compare yours too."
    ),
    "oci_overwritten": text(
        "You ask for {asked}, which the person here held before; now it is {held}. Our site administrator is asked to "
        "correct the profile. Nothing is asked of you, unless {asked} is wrong."
    ),
    "number_in_doubt": text(
        "You ask {site} for others, and not for this OCI ID. We are comparing it with the college’s public register. "
        "Please tell us which number you have for this person."
    ),
    "not_asked_for": text(
        "You ask {site} for others, and not for this OCI ID. Please tell us which number and which hospital you have "
        "for this person, and correct them if they are wrong."
    ),
    "no_longer_asked_for": text(
        "You last asked {site} for this OCI ID on {last_asked_for}, and since then for others only. Please tell us "
        "which number and which hospital you now have for this person, and correct them if they are wrong."
    ),
    "not_asked_yet": text(
        "The OCI ID was entered here only recently. Nothing is asked of you but to ask for it as usual."
    ),
    "awaiting_inquiry": text("The record is here for you the next time you ask. Nothing is asked of you but that."),
    "undecided": text("You have the record and have not decided on it. Please tell us whether anything is missing."),
    "given_up": text(
        "You did not accept the record. Our site administrator is asked to mend what you object to and to send it "
        "again; nothing is asked of you."
    ),
    "asked_for_other_course": text(
        "You ask for the course “{asked_course}”, and the record is of the course {short_name}. Please map your course "
        "to ours, or ask without naming one."
    ),
    "asked_for_other_dates": text(
        "You ask for completions of certain dates only, and the record here is of another. Please tell us which dates "
        "count for you, and why."
    ),
    "answered_without": text(
        "You asked, and were not given the record. Our site administrator is asked to find out what stood in the way; "
        "nothing is asked of you."
    ),
    "refreshing": text(
        "You received the record on {first_given}. Nothing is asked of you, unless it is not shown a day later."
    ),
    "not_tracked": text(
        "We were told that {recipient} does not follow this course. Please follow it for our hospital."
    ),
    "tracking_unknown": text(
        "Please tell us whether {recipient} follows this course for our hospital, and since when."
    ),
    "escalate": text(
        "You received the record first on {first_given}, and last on {last_given}. Please check whether you show it; "
        "if you do not, please look into it, and tell us what you find."
    ),
}
"""For the reasons that concern the recipient's side."""

OTHERWISE: Mapping[VerdictState, Text] = {
    VerdictState.DELIVERED: text("You received the record. Nothing is asked of you."),
    VerdictState.NOT_APPLICABLE: text("The matter does not concern {recipient}. Nothing is asked of you."),
    VerdictState.NOT_SENT_BY_RULE: text(
        "No record of this person in this course is sent to you now. It is up to us and to the person; nothing is "
        "asked of you."
    ),
    VerdictState.BLOCKED: text(
        "Something has to be done here before a record can be given to you. It is up to us and to the person; nothing "
        "is asked of you."
    ),
    VerdictState.WAITING: text("The record is on its way to you by itself. Nothing is asked of you."),
    VerdictState.UNKNOWN: text("We see nothing in the way here. Please tell us what you see."),
}
"""For all other reasons: nobody outside is told what concerns the person and the hospital alone."""
