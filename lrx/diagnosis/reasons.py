"""Every reason a check can give: what it means for the verdict, whose turn it is, what helps, and how long that takes.

Reasons are stable words. Reports, exports, the API, the command line and the pages use the same ones.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from enum import StrEnum

from lrx.errors import Turn
from lrx.text import Text, text

__all__ = ["REASONS", "Kind", "Reason", "reason_named"]


class Kind(StrEnum):
    """What it means for the verdict that a check fails for this reason."""

    RULE = "rule"
    """Never sent as it is, whatever else is mended."""
    FIXABLE = "fixable"
    """Somebody can mend it."""
    WAITS = "waits"
    """Time has to pass."""
    TOLD = "told"
    """Worth knowing; it decides nothing."""


@dataclass(frozen=True, slots=True)
class Reason:
    """One reason. `minutes` is the effort of the person whose turn it is, None where it is not theirs alone; `fix`
    names the screen or operation that helps."""

    kind: Kind
    turn: Turn
    title: Text
    remedy: Text
    minutes: int | None = None
    fix: str | None = None


_RULE, _FIX, _WAIT, _TOLD = Kind.RULE, Kind.FIXABLE, Kind.WAITS, Kind.TOLD

_REPEAT_OR_PROOF = text(
    "The learner repeats the course here, or hands in supporting documentation, which is sent once it is approved."
)

REASONS: Mapping[str, Reason] = {
    # A  Right person, right wiring
    "two_accounts": Reason(
        _FIX,
        "site_admin",
        text("Two accounts of one person"),
        text(
            "Compare the accounts. If they are one person, move the OCI ID to the account that holds the record, and "
            "suspend the other."
        ),
        10,
        "compare-accounts",
    ),
    "look_alike_account": Reason(
        _TOLD,
        "nobody",
        text("Another account looks alike"),
        text("Make sure that this is the right person."),
        2,
        "compare-accounts",
    ),
    "no_course_recipient": Reason(
        _FIX,
        "course_admin",
        text("The course does not send to the recipient"),
        text(
            "Add the recipient under Course administration, Learning record exchange. Records from then on are sent; "
            "those there are already stay here."
        ),
        2,
        "course-recipients",
    ),
    "legacy": Reason(
        _RULE,
        "course_admin",
        text("Recorded while the course did not send to the recipient"),
        _REPEAT_OR_PROOF,
        None,
        "course-recipients",
    ),
    "recipient_off": Reason(
        _FIX,
        "site_admin",
        text("The site does not use the recipient"),
        text("A site administrator switches the recipient on, once the recipient has confirmed the agreement."),
        5,
        "recipient",
    ),
    "credential_missing": Reason(
        _FIX,
        "site_admin",
        text("The recipient has no way in"),
        text("A site administrator issues a credential for the recipient and hands it over."),
        10,
        "credentials",
    ),
    "recipient_silent": Reason(
        _FIX,
        "recipient",
        text("The recipient has stopped asking"),
        text("Ask the recipient’s representative whether it still asks this site, and with which credential."),
        10,
        "inquiries",
    ),
    "never_asked": Reason(
        _FIX,
        "recipient",
        text("The recipient has never asked anything here"),
        text("Ask the recipient’s representative whether this site is set up with them."),
        10,
        "inquiries",
    ),
    # B  Did it happen here?
    "no_trace": Reason(
        _FIX,
        "learner",
        text("Nothing of this learner in the course"),
        text(
            "The learner takes the course here. If it was completed at another hospital, supporting documentation "
            "makes a record that is sent."
        ),
        None,
        "learning-records",
    ),
    "not_started": Reason(
        _FIX,
        "learner",
        text("Enrolled and not started"),
        text("The learner takes the course."),
        None,
        "learning-records",
    ),
    "attempt_not_completed": Reason(
        _FIX,
        "learner",
        text("Started and not completed"),
        text("The learner opens the course again and finishes it."),
        None,
        "learning-records",
    ),
    "attempt_failed": Reason(
        _FIX,
        "learner",
        text("Attempted and not passed"),
        text("The learner tries again and passes."),
        None,
        "learning-records",
    ),
    "completed_without_passing": Reason(
        _TOLD,
        "course_admin",
        text("Recorded as complete, and the latest attempt was not passed"),
        text(
            "A course administrator checks the completion settings: opening the module may be all they ask for. A "
            "wrong record is voided."
        ),
        10,
        "learning-records",
    ),
    "course_record_missing": Reason(
        _FIX,
        "course_admin",
        text("The activities are complete and the course is not"),
        text("A course administrator checks the course’s completion settings and has completion evaluated again."),
        10,
        "course",
    ),
    "activity_record_missing": Reason(
        _FIX,
        "learner",
        text("A mandatory activity is not complete"),
        text("The learner completes the activities named; the record is then released by itself."),
        None,
        "learning-records",
    ),
    "activity_record_outdated": Reason(
        _FIX,
        "learner",
        text("A mandatory activity has no record that counts now"),
        text("The learner repeats the activities named."),
        None,
        "learning-records",
    ),
    "out_of_period": Reason(
        _RULE,
        "learner",
        text("Completed outside the current reporting period"),
        text("The learner repeats the course, or the reporting period of the course’s recipient is corrected."),
        None,
        "course-recipients",
    ),
    "repeat_not_counted": Reason(
        _RULE,
        "course_admin",
        text("A repeat in the current reporting period did not make a new record"),
        text(
            "A course administrator opens the recertification window or makes a record of the repeat, with a reason; "
            "otherwise the learner repeats the course once the window is open."
        ),
        5,
        "amendments",
    ),
    "expired": Reason(
        _RULE,
        "learner",
        text("The record has expired"),
        text("The learner repeats the course."),
        None,
        "learning-records",
    ),
    "expired_by_administrator": Reason(
        _RULE,
        "learner",
        text("An administrator let the record expire"),
        text("The learner repeats the course; an expiry made in error can be taken back."),
        None,
        "learning-records",
    ),
    "voided": Reason(
        _RULE,
        "course_admin",
        text("The record is voided"),
        text(
            "An administrator unvoids the record if it was voided in error; otherwise the learner repeats the course."
        ),
        2,
        "learning-records",
    ),
    "source_csv_upload": Reason(
        _RULE,
        "learner",
        text("Uploaded from a file"),
        text(
            "Uploaded records count here and are never sent. The learner takes the course here, or hands in supporting "
            "documentation, which is sent once it is approved."
        ),
        None,
        "learning-records",
    ),
    "source_equivalency": Reason(
        _RULE,
        "learner",
        text("An equivalency"),
        text(
            "Equivalencies count here and are never sent: accepting one does not reach the recipient. The learner "
            "takes the course here, or hands in supporting documentation, which is sent once it is approved."
        ),
        None,
        "learning-records",
    ),
    "other_records": Reason(
        _TOLD,
        "nobody",
        text("There are other records"),
        text("The best one was judged; the others are listed with the reason."),
    ),
    # C  Can the recipient recognise the person?
    "profile_field_missing": Reason(
        _FIX,
        "site_admin",
        text("The site has no OCI ID profile field"),
        text("A site administrator creates the field under User profile fields, and enters the OCI IDs."),
        10,
        "profile-fields",
    ),
    "oci_missing": Reason(
        _FIX,
        "site_admin",
        text("No OCI ID"),
        text("A site administrator enters the OCI ID in the learner’s profile."),
        1,
        "oci-ids",
    ),
    "oci_refused": Reason(
        _FIX,
        "site_admin",
        text("What was entered is no OCI ID"),
        text("A site administrator corrects the value in the file or the profile: like CA-ON-CPSO-12345."),
        2,
        "oci-ids",
    ),
    "oci_unusual": Reason(
        _TOLD,
        "site_admin",
        text("The number is unusual for the college"),
        text("Compare the number with the college’s public register."),
        2,
        "oci-ids",
    ),
    "oci_duplicate": Reason(
        _FIX,
        "site_admin",
        text("Two people hold the same OCI ID"),
        text(
            "A site administrator corrects whichever of the two is wrong; nobody is told to the recipient until then."
        ),
        5,
        "oci-ids",
    ),
    "college_not_served": Reason(
        _RULE,
        "site_admin",
        text("The college is not one the recipient serves"),
        text(
            "Ask for the college to be served; until then the recipient takes proof in its own way. If the person is "
            "registered with a college that is served, enter that number."
        ),
        5,
        "recipient",
    ),
    "recipient_objects": Reason(
        _RULE,
        "site_admin",
        text("The recipient does not take it"),
        text("Correct what the recipient objects to."),
        5,
        "recipient",
    ),
    "college_mistaken": Reason(
        _FIX,
        "site_admin",
        text("The same number is asked for with another college"),
        text("Compare both with the colleges’ public registers, and correct the college in the profile."),
        2,
        "oci-ids",
    ),
    "asked_for_near_id": Reason(
        _FIX,
        "site_admin",
        text("The recipient asks for a number that is nearly the same"),
        text(
            "Compare both numbers with the college’s public register. Correct the profile, or tell the recipient’s "
            "representative theirs is wrong."
        ),
        3,
        "oci-ids",
    ),
    "oci_overwritten": Reason(
        _FIX,
        "site_admin",
        text("The OCI ID asked for was overwritten"),
        text("Correct the number in the file or feed that overwrites it, and then in the profile."),
        10,
        "oci-ids",
    ),
    "number_in_doubt": Reason(
        _FIX,
        "site_admin",
        text("The recipient does not ask for this number, and asks for others nobody here holds"),
        text(
            "Compare the number with the college’s public register and correct the profile: a billing number finds "
            "nobody. Where the person is registered with two colleges, enter the number of another college too. If the "
            "profile is right, tell the recipient’s representative which number is held here."
        ),
        5,
        "oci-ids",
    ),
    "not_asked_for": Reason(
        _FIX,
        "recipient",
        text("The recipient does not ask for this person"),
        text(
            "Tell the recipient’s representative the OCI ID held here, and ask which number or hospital they have for "
            "this person."
        ),
        5,
        "inquiries",
    ),
    "not_asked_yet": Reason(
        _WAIT,
        "recipient",
        text("The recipient has not asked for this OCI ID yet"),
        text("Wait until it has asked."),
    ),
    # D  Exchange
    "awaiting_inquiry": Reason(
        _WAIT, "recipient", text("The recipient has not asked since"), text("Wait until it has asked.")
    ),
    "underway": Reason(_WAIT, "lrx", text("On its way"), text("Wait; it is sent by itself.")),
    "retrying": Reason(
        _WAIT, "lrx", text("Tried and tried again by itself"), text("Wait; it is tried again by itself.")
    ),
    "undecided": Reason(_WAIT, "recipient", text("Handed over and not decided"), text("Wait for their decision.")),
    "given_up": Reason(
        _FIX,
        "site_admin",
        text("The recipient did not take it"),
        text("Look at the delivery’s last answer, mend what it names, and send it again."),
        10,
        "deliveries",
    ),
    "asked_for_other_course": Reason(
        _FIX,
        "recipient",
        text("The recipient asks for another course"),
        text("Tell the recipient’s representative the course’s short name and ask them to map it."),
        5,
        "inquiries",
    ),
    "asked_for_other_dates": Reason(
        _FIX,
        "recipient",
        text("The recipient asks for other dates"),
        text("Ask the recipient’s representative which dates it asks for, and why."),
        5,
        "inquiries",
    ),
    "answered_without": Reason(
        _FIX,
        "site_admin",
        text("The recipient asked and was not given the record"),
        text("Open the inquiry; the answer tells what stood in the way then."),
        5,
        "inquiries",
    ),
    # E  On the recipient's side
    "refreshing": Reason(
        _WAIT,
        "recipient",
        text("Collected, and not yet shown there"),
        text("Allow a day: recipients refresh what they show about once a day."),
    ),
    "not_tracked": Reason(
        _FIX,
        "recipient",
        text("The recipient does not follow this course"),
        text("Ask the recipient’s representative to follow the course."),
        5,
        "course-recipients",
    ),
    "tracking_unknown": Reason(
        _TOLD,
        "nobody",
        text("Whether the recipient follows this course is not known"),
        text("Ask the recipient’s representative, and note the answer at the course’s recipient."),
        5,
        "course-recipients",
    ),
    "escalate": Reason(
        _TOLD,
        "recipient",
        text("The recipient has it"),
        text("If it is still not shown there, send the recipient’s representative the extract of the inquiries."),
        5,
        "inquiries",
    ),
    # F  Elsewhere
    "completed_elsewhere": Reason(
        _TOLD,
        "learner",
        text("Completed at another hospital of the network"),
        text("Supporting documentation makes a record of it here that is sent."),
        None,
        "learning-records",
    ),
    "not_evaluated": Reason(
        _TOLD,
        "lrx",
        text("The check could not be evaluated"),
        text("Run the diagnosis again; if it stays so, give the request id to whoever runs LRX."),
    ),
}


def reason_named(code: str) -> Reason:
    """Return the reason; an objection of a recipient that is not named here is told as such."""
    return REASONS.get(code, REASONS["recipient_objects"])
