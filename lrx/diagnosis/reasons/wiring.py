"""Reasons of stage A: the right person, the right wiring."""

from collections.abc import Mapping

from lrx.diagnosis.reasons.reason import Kind, Reason
from lrx.text import text

__all__ = ["REASONS"]

REASONS: Mapping[str, Reason] = {
    "two_accounts": Reason(
        Kind.FIXABLE,
        "site_admin",
        text("Two accounts of one person"),
        text(
            "Compare the accounts. If they are one person, move the OCI ID to the account that holds the record, and "
            "suspend the other."
        ),
        10,
        "compare-accounts",
    ),
    "other_account": Reason(
        Kind.FIXABLE,
        "site_admin",
        text("Another account of this person has it"),
        text(
            "Make a diagnosis of the other account. If they are one person, suspend this one; nothing has to be moved."
        ),
        5,
        "compare-accounts",
    ),
    "look_alike_account": Reason(
        Kind.TOLD,
        "nobody",
        text("Another account looks alike"),
        text("Make sure that this is the right person."),
        2,
        "compare-accounts",
    ),
    "no_course_recipient": Reason(
        Kind.FIXABLE,
        "course_admin",
        text("The course does not send to the recipient"),
        text(
            "Add the recipient to the course. Records from then on are sent, and those made while it was added before; "
            "all others stay here."
        ),
        2,
        "course-recipients",
    ),
    "legacy": Reason(
        Kind.RULE,
        "course_admin",
        text("Recorded while the course did not send to the recipient"),
        text(
            "The learner repeats the course here, or hands in supporting documentation, which is sent once it is "
            "approved."
        ),
        None,
        "course-recipients",
    ),
    "recipient_off": Reason(
        Kind.FIXABLE,
        "site_admin",
        text("The site does not use the recipient"),
        text("A site administrator switches the recipient on, once the recipient has confirmed the agreement."),
        5,
        "recipient",
    ),
    "recipient_unknown_then": Reason(
        Kind.TOLD,
        "nobody",
        text("Whether the site used the recipient then is not known"),
        text(
            "Changes of its settings are kept only since an upgrade that came later. Ask a site administrator since "
            "when the recipient is switched on."
        ),
        None,
        "recipient",
    ),
    "credential_missing": Reason(
        Kind.FIXABLE,
        "site_admin",
        text("The recipient has no credential"),
        text("A site administrator issues a credential for the recipient and hands it over."),
        10,
        "credentials",
    ),
    "recipient_silent": Reason(
        Kind.FIXABLE,
        "recipient",
        text("The recipient has stopped asking"),
        text("Ask the recipient’s representative whether it still asks this site, and with which credential."),
        10,
        "inquiries",
    ),
    "never_asked": Reason(
        Kind.FIXABLE,
        "recipient",
        text("The recipient has never asked anything here"),
        text("Ask the recipient’s representative whether this site is set up with them."),
        10,
        "inquiries",
    ),
}
