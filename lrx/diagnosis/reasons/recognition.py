"""Reasons of stage C: whether the recipient can recognise the person."""

from collections.abc import Mapping

from lrx.diagnosis.reasons.reason import Kind, Reason
from lrx.text import text

__all__ = ["REASONS"]

REASONS: Mapping[str, Reason] = {
    "profile_field_missing": Reason(
        Kind.FIXABLE,
        "site_admin",
        text("The site has no OCI ID profile field"),
        text("A site administrator creates the field, and enters the OCI IDs."),
        10,
        "profile-fields",
        then_shown=True,
    ),
    "oci_missing": Reason(
        Kind.FIXABLE,
        "site_admin",
        text("No OCI ID"),
        text("A site administrator enters the OCI ID in the learner’s profile."),
        1,
        "oci-ids",
        then_shown=True,
    ),
    "oci_refused": Reason(
        Kind.FIXABLE,
        "site_admin",
        text("What was entered is no OCI ID"),
        text("A site administrator corrects the value in the file or the profile: like CA-ON-CPSO-12345."),
        2,
        "oci-ids",
        then_shown=True,
    ),
    "oci_unusual": Reason(
        Kind.TOLD,
        "site_admin",
        text("The number is unusual for the college"),
        text("Compare the number with the college’s public register."),
        2,
        "oci-ids",
    ),
    "oci_duplicate": Reason(
        Kind.FIXABLE,
        "site_admin",
        text("Two people hold the same OCI ID"),
        text(
            "A site administrator corrects whichever of the two is wrong; until then the recipient is given no records "
            "of either."
        ),
        5,
        "oci-ids",
        then_shown=True,
    ),
    "college_not_served": Reason(
        Kind.RULE,
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
        Kind.RULE,
        "site_admin",
        text("The recipient does not take it"),
        text("Correct what the recipient objects to."),
        5,
        "recipient",
    ),
    "college_mistaken": Reason(
        Kind.FIXABLE,
        "site_admin",
        text("The same number is asked for with another college"),
        text("Compare both with the colleges’ public registers, and correct the college in the profile."),
        2,
        "oci-ids",
        then_shown=True,
    ),
    "asked_for_near_id": Reason(
        Kind.FIXABLE,
        "site_admin",
        text("The recipient asks for a number that is nearly the same"),
        text(
            "Compare both numbers with the college’s public register. Correct the profile, or tell the recipient’s "
            "representative theirs is wrong."
        ),
        3,
        "oci-ids",
        then_shown=True,
    ),
    "asked_for_other_id": Reason(
        Kind.FIXABLE,
        "recipient",
        text("The recipient asks by an OCI ID that finds nobody"),
        text("Tell the recipient’s representative the OCI ID to ask for: the one of a college it serves."),
        5,
        "inquiries",
    ),
    "oci_moved": Reason(
        Kind.TOLD,
        "site_admin",
        text("The recipient also asks for an OCI ID that somebody else holds now"),
        text(
            "Compare both people’s numbers with the college’s public register, and make sure that the recipient has "
            "credited the right one."
        ),
        5,
        "oci-ids",
    ),
    "oci_overwritten": Reason(
        Kind.FIXABLE,
        "site_admin",
        text("The OCI ID asked for was overwritten"),
        text("Correct the number in the file or feed that overwrites it, and then in the profile."),
        10,
        "oci-ids",
        then_shown=True,
    ),
    "number_in_doubt": Reason(
        Kind.FIXABLE,
        "site_admin",
        text("The recipient does not ask for this number, and asks for others nobody here holds"),
        text(
            "Compare the number with the college’s public register and correct the profile: a billing number finds "
            "nobody. Where the person is registered with two colleges, enter the number of another college too. If the "
            "profile is right, tell the recipient’s representative which number is held here."
        ),
        5,
        "oci-ids",
        then_shown=True,
    ),
    "not_asked_for": Reason(
        Kind.FIXABLE,
        "recipient",
        text("The recipient does not ask for this person"),
        text(
            "Tell the recipient’s representative the OCI ID held here, and ask which number or hospital they have for "
            "this person."
        ),
        5,
        "inquiries",
    ),
    "no_longer_asked_for": Reason(
        Kind.FIXABLE,
        "recipient",
        text("The recipient no longer asks for this OCI ID"),
        text(
            "Tell the recipient’s representative the OCI ID held here and when it was last asked for, and ask which "
            "number or hospital they now have for this person."
        ),
        5,
        "inquiries",
    ),
    "not_asked_yet": Reason(
        Kind.WAITS,
        "recipient",
        text("The recipient has not asked for this OCI ID yet"),
        text("Wait until it has asked."),
    ),
}
