"""Reasons of stages D, E and F: the exchange, the recipient’s side, elsewhere."""

from collections.abc import Mapping

from lrx.diagnosis.reasons.reason import Kind, Reason
from lrx.text import text

__all__ = ["REASONS"]

REASONS: Mapping[str, Reason] = {
    "awaiting_inquiry": Reason(
        Kind.WAITS, "recipient", text("The recipient has not asked since"), text("Wait until it has asked.")
    ),
    "underway": Reason(Kind.WAITS, "lrx", text("On its way"), text("Wait; it is sent by itself.")),
    "retrying": Reason(
        Kind.WAITS, "lrx", text("Tried and tried again by itself"), text("Wait; it is tried again by itself.")
    ),
    "undecided": Reason(Kind.WAITS, "recipient", text("Handed over and not decided"), text("Wait for their decision.")),
    "given_up": Reason(
        Kind.FIXABLE,
        "site_admin",
        text("The recipient did not take it"),
        text("See in the delivery why it was not taken, mend that, and have it sent again."),
        10,
        "deliveries",
    ),
    "asked_for_other_course": Reason(
        Kind.FIXABLE,
        "recipient",
        text("The recipient asks for another course"),
        text("Tell the recipient’s representative the course’s short name and ask them to map it."),
        5,
        "inquiries",
    ),
    "asked_for_other_dates": Reason(
        Kind.FIXABLE,
        "recipient",
        text("The recipient asks for other dates"),
        text("Ask the recipient’s representative which dates it asks for, and why."),
        5,
        "inquiries",
    ),
    "answered_without": Reason(
        Kind.FIXABLE,
        "site_admin",
        text("The recipient asked and was not given the record"),
        text("Read the inquiry; its answer tells what stood in the way then."),
        5,
        "inquiries",
        then_shown=True,
    ),
    "refreshing": Reason(
        Kind.WAITS,
        "recipient",
        text("Collected, and not yet shown there"),
        text("Allow a day: recipients refresh what they show about once a day."),
    ),
    "not_tracked": Reason(
        Kind.FIXABLE,
        "recipient",
        text("The recipient does not follow this course"),
        text("Ask the recipient’s representative to follow the course."),
        5,
        "course-recipients",
    ),
    "tracking_unknown": Reason(
        Kind.TOLD,
        "nobody",
        text("Whether the recipient follows this course is not known"),
        text("Ask the recipient’s representative, and note the answer at the course’s recipient."),
        5,
        "course-recipients",
    ),
    "escalate": Reason(
        Kind.TOLD,
        "recipient",
        text("The recipient has it"),
        text("If it is still not shown there, send the recipient’s representative the extract of the inquiries."),
        5,
        "inquiries",
    ),
    "completed_elsewhere": Reason(
        Kind.TOLD,
        "learner",
        text("Completed at another hospital of the network"),
        text("Supporting documentation makes a record of it here that is sent."),
        None,
        "learning-records",
    ),
    "elsewhere_unknown": Reason(
        Kind.TOLD,
        "nobody",
        text("Whether it was completed at another hospital is not known"),
        text("Only the learner can say; of other sites nothing is known here."),
    ),
    "not_evaluated": Reason(
        Kind.TOLD,
        "lrx",
        text("The check could not be evaluated"),
        text("Run the diagnosis again; if it stays so, give the request id to whoever runs LRX."),
    ),
}
