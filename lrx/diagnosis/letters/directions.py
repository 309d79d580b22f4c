"""What administrators are told for each reason that is theirs to mend: what to open, and what to do there."""

from collections.abc import Mapping, Sequence

from lrx.text import Text, text

__all__ = ["DIRECTIONS", "SCREENS"]

SCREENS: Mapping[str, Text] = {
    "compare-accounts": text("Site administration, Users, Accounts: filter by {name}"),
    "course-recipients": text("{course}, Course administration, Learning record exchange"),
    "recipient": text("Site administration, Recipients, {recipient}"),
    "credentials": text("Site administration, Recipients, {recipient}, Credentials"),
    "inquiries": text("Site administration, Recipients, {recipient}, Inquiries"),
    "deliveries": text("Site administration, Recipients, {recipient}, Deliveries"),
    "learning-records": text("{course}, Learning Records (Course Level), {name}"),
    "amendments": text("{course}, Learning Records (Course Level), {name}, Amendments"),
    "course": text("{course}, Course administration, Course completion"),
    "profile-fields": text("Site administration, Users, Accounts, User profile fields"),
    "oci-ids": text("Site administration, Users, {name}, OCI ID"),
}
"""Where each kind of fix is made, as the screens are titled."""

_SAVE = text("Click on Save changes.")
_REGISTER = text("Compare it with the college’s public register.")

DIRECTIONS: Mapping[str, Sequence[Text]] = {
    "two_accounts": (
        text("Open both accounts and make sure that they are of one person."),
        text("Move the OCI ID to the account that holds the learning record."),
        text("Suspend the other account."),
    ),
    "no_course_recipient": (
        text("Click on Add, choose {recipient}, and click on Add again."),
        text("Records from then on are sent. Tell those who completed before to hand in proof, or to repeat."),
    ),
    "legacy": (
        text("See since when the course sends to {recipient}: what was recorded before stays here."),
        text("Ask the learner to repeat the course, or to hand in supporting documentation in the course."),
    ),
    "recipient_off": (
        text("Make sure that {recipient} has confirmed the agreement with your organization."),
        text("Switch {recipient} on."),
        _SAVE,
    ),
    "credential_missing": (
        text("Issue a credential. Its secret is shown once."),
        text("Hand it to {recipient}’s representative in a safe way."),
    ),
    "completed_without_passing": (
        text("Check which conditions complete the activity: viewing it may be all that is asked for."),
        text("Void the record if it is wrong."),
    ),
    "course_record_missing": (
        text("Check that the conditions of completion are those that were meant."),
        text("Have completion evaluated again; the record then comes by itself."),
    ),
    "repeat_not_counted": (
        text("Make a record of the repeat of {repeated}, and give the reason."),
        text("To let repeats count by themselves, set a recertification window for the course."),
    ),
    "voided": (
        text("Read who voided the record and why."),
        text("Unvoid it if that was an error; otherwise ask the learner to repeat the course."),
    ),
    "profile_field_missing": (
        text("Click on Create a new profile field, and choose OCI ID."),
        _SAVE,
        text("Enter the OCI IDs of everybody whom {recipient} follows."),
    ),
    "oci_missing": (text("Choose the college and enter the number, as in its public register."), _SAVE),
    "oci_refused": (
        text("Enter it anew, in the form CA-ON-CPSO-12345: country, province, college, number."),
        _SAVE,
        text("If it came from a file, correct the file too."),
    ),
    "oci_unusual": (_REGISTER, text("Correct it if it is wrong.")),
    "oci_duplicate": (
        text("See there who else holds it, and compare both with the college’s public register."),
        text("Correct the profile that is wrong. Neither of the two is told to {recipient} until then."),
    ),
    "college_not_served": (
        text("See which colleges are served, and ask {recipient} whether this one can be added."),
        text("If the learner is registered with a college that is served, enter that OCI ID."),
    ),
    "recipient_objects": (text("Correct what {recipient} objects to."),),
    "college_mistaken": (
        text("Compare both with the colleges’ public registers."),
        text("Choose the right college in the profile."),
        _SAVE,
    ),
    "asked_for_near_id": (
        text("Compare both numbers with the college’s public register."),
        text("If the one held here is wrong, correct it and click on Save changes."),
        text("If the one asked for is wrong, send {recipient}’s representative the text for them."),
    ),
    "number_in_doubt": (
        text("Compare the number with the college’s public register: a billing number is not the one meant."),
        text("If it is wrong, correct it, or enter the number of another college too, and click on Save changes."),
        text("If it is right, send {recipient}’s representative the text for them."),
    ),
    "oci_overwritten": (
        text("Find the file or feed that wrote the number, and correct it there first."),
        text("Then correct the profile."),
        _SAVE,
    ),
    "given_up": (
        text("Read the last answer of {recipient}, and mend what it names."),
        text("Send the delivery again."),
    ),
    "answered_without": (
        text("Open the latest inquiry about this learner: its answer names what stood in the way."),
        text("Mend that, if it still stands."),
    ),
}
"""The steps, after opening the screen. Reasons without steps are for somebody else, or ask for nothing."""
