"""What administrators are told for each reason that is theirs to mend: what to do, and with which operation.

An operation is named where the product has no screen for it; what happens in the LMS is told as its own screens are
titled.
"""

from collections.abc import Mapping, Sequence

from lrx.text import Text, text

__all__ = ["DIRECTIONS"]

_COMPARE = text("Compare the number with the college’s public register.")
_COMPARE_BOTH = text("Compare both numbers with the college’s public register.")
_CORRECT = text("If the one held here is wrong, correct it: PUT /api/v1/learners/{learner_id}/oci-ids.")

DIRECTIONS: Mapping[str, Sequence[Text]] = {
    "two_accounts": (
        text("Compare the two accounts, and make sure that they are of one person: /admin/diagnoses/{diagnosis_id}."),
        text(
            "Move the OCI ID to the account that holds the learning record: PUT /api/v1/learners/…/oci-ids, once for "
            "each account."
        ),
        text("Suspend the other account: PATCH /api/v1/learners/…, with “suspended”."),
        text("If they are of two people, leave both as they are, and mend what else is named here."),
    ),
    "other_account": (
        text("Compare the two accounts, and make sure that they are of one person: /admin/diagnoses/{diagnosis_id}."),
        text("Look at the other account instead: what it lacks, if anything, is told in a diagnosis of it."),
        text("Suspend this account: PATCH /api/v1/learners/{learner_id}, with “suspended”."),
    ),
    "no_course_recipient": (
        text("Add {recipient} to the course: POST /api/v1/courses/{course_id}/recipients."),
        text("Records from then on are sent. Tell those who completed before to hand in proof, or to repeat."),
    ),
    "legacy": (
        text(
            "See since when the course sends to {recipient}: GET /api/v1/courses/{course_id}/recipients. What was "
            "recorded before stays here."
        ),
        text("Ask the learner to repeat the course, or to hand in supporting documentation in the course."),
    ),
    "recipient_off": (
        text("Make sure that {recipient} has confirmed the agreement with your organization."),
        text("Switch {recipient} on: PATCH /api/v1/recipients/{recipient_code}, with “enabled”."),
    ),
    "credential_missing": (
        text("Issue a credential: POST /api/v1/credentials. Its secret is shown once."),
        text("Hand it to {recipient}’s representative in a safe way."),
    ),
    "completed_without_passing": (
        text("In the LMS, see which conditions complete the activity: viewing it may be all that is asked for."),
        text("If the record is wrong, void it: POST /api/v1/learning-records/{record_id}/void, with a reason."),
    ),
    "course_record_missing": (
        text("In the LMS, open the course completion of {course}, and check that its conditions are those meant."),
        text("Have completion evaluated again; the record then comes by itself."),
    ),
    "repeat_not_counted": (
        text("Make a record of each repeat, with a reason: {promotions}."),
        text(
            "To let repeats count by themselves, set a recertification window for the course: PATCH "
            "/api/v1/courses/{course_id}."
        ),
    ),
    "voided": (
        text("See who voided the record and why: /admin/diagnoses/{diagnosis_id}."),
        text("If that was an error, unvoid it: POST /api/v1/learning-records/{record_id}/unvoid, with a reason."),
        text(
            "If completions are kept with it as amendments, GET /api/v1/learning-records/{record_id} lists them: one "
            "that is right can be promoted to a record."
        ),
        text("Otherwise ask the learner to repeat the course."),
    ),
    "profile_field_missing": (
        text("Create the profile field of the OCI ID: POST /api/v1/profile-fields."),
        text("Enter the OCI IDs of everybody whom {recipient} follows: POST /api/v1/oci-ids/batch."),
    ),
    "oci_missing": (
        text("Look up the learner in the public register of their college."),
        text(
            "Enter the OCI ID in the form CA-ON-CPSO-12345, which is country, province, college and number: PUT "
            "/api/v1/learners/{learner_id}/oci-ids."
        ),
    ),
    "oci_refused": (
        text(
            "Enter it anew in the form CA-ON-CPSO-12345, which is country, province, college and number: PUT "
            "/api/v1/learners/{learner_id}/oci-ids."
        ),
        text("If it came from a file, correct the file too."),
    ),
    "oci_unusual": (_COMPARE, _CORRECT),
    "oci_duplicate": (
        text(
            "See who else holds it, and compare both with the college’s public register: "
            "/admin/diagnoses/{diagnosis_id}."
        ),
        text(
            "Correct the one that is wrong: PUT /api/v1/learners/…/oci-ids. Until then {recipient} is given no records "
            "of either."
        ),
    ),
    "college_not_served": (
        text(
            "Ask {recipient} whether it can take this college. Those it takes now: GET "
            "/api/v1/recipients/{recipient_code}."
        ),
        text(
            "If the learner is registered with a college that is served, enter that OCI ID: PUT "
            "/api/v1/learners/{learner_id}/oci-ids."
        ),
    ),
    "recipient_objects": (text("Correct what {recipient} objects to."),),
    "college_mistaken": (
        text("Compare both with the colleges’ public registers."),
        text("If the college held here is wrong, correct it: PUT /api/v1/learners/{learner_id}/oci-ids."),
    ),
    "oci_moved": (_COMPARE, text("Ask {recipient}’s representative which of the two people it has credited.")),
    "asked_for_near_id": (
        _COMPARE_BOTH,
        _CORRECT,
        text("If the one asked for is wrong, send {recipient}’s representative the text for them."),
    ),
    "number_in_doubt": (
        text("Compare the number with the college’s public register: a billing number is not the one meant."),
        text(
            "If it is wrong, correct it, or enter the number of another college too: PUT "
            "/api/v1/learners/{learner_id}/oci-ids."
        ),
        text("If it is right, send {recipient}’s representative the text for them."),
    ),
    "oci_overwritten": (
        text("Find the file or feed that wrote the number, and correct it there first."),
        text("Then correct the profile: PUT /api/v1/learners/{learner_id}/oci-ids."),
    ),
    "given_up": (
        text("See why {recipient} did not take it, and mend that: GET /api/v1/deliveries."),
        text("Ask whoever runs LRX to have it sent again."),
    ),
    "answered_without": (
        text("Read the latest inquiry about this learner: GET /api/v1/inquiries. It names what stood in the way."),
        text("Mend that, if it still stands."),
    ),
}
"""The steps. Reasons without steps are for somebody else, or ask for nothing."""
