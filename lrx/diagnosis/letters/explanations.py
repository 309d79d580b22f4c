"""What a physician is told for each reason: the cause in plain words, and what happens next. Nothing internal.

The values in the sentences are those `lrx.diagnosis.replies` finds in a diagnosis; none of them names another person.
"""

from collections.abc import Mapping
from dataclasses import dataclass

from lrx.text import Text, text

__all__ = ["EXPLANATIONS", "Explanation"]


@dataclass(frozen=True, slots=True)
class Explanation:
    """One reason, said to the physician.

    `stands`: a completion that is there counts as it is and need not be repeated. `yours`: the physician has something
    to do. `alone`: while this is not settled, nothing else that was found may be said of the physician. `after` is said
    last.
    """

    cause: Text
    next: Text | None = None
    stands: bool = True
    yours: bool = False
    alone: bool = False
    after: Text | None = None


_REPEAT_OR_PROOF = text(
    "Please take the course here, or upload your proof in the course as supporting documentation: once it is approved, "
    "it is sent to {recipient}."
)
_UPLOAD_PROOF = text(
    "Please take the course here. If you completed it at another hospital, upload your proof in the course as "
    "supporting documentation instead: once it is approved, it is sent to {recipient}."
)


def _yours(cause: Text, then: Text) -> Explanation:
    """The physician has to do something, and what is there does not count as it is."""
    return Explanation(cause, then, stands=False, yours=True)


EXPLANATIONS: Mapping[str, Explanation] = {
    # A  Right person, right wiring
    "two_accounts": Explanation(
        text("You seem to have two accounts with us, and what {recipient} needs is spread over both."),
        text("Our site administrator is asked to compare them and to bring everything together in one."),
        alone=True,
    ),
    "other_account": Explanation(
        text(
            "You seem to have two accounts with us, and your College number and your completion are with the other one."
        ),
        text("Our site administrator is asked to make sure, and to close the one you do not need."),
        alone=True,
    ),
    "look_alike_account": Explanation(
        text("There is an account here that looks like yours, and we are making sure that we looked at the right one.")
    ),
    "no_course_recipient": Explanation(
        text("The course is not set up to report to {recipient}."),
        text(
            "The course administrator is asked to add {recipient} to the course. Completions recorded before that are "
            "not sent; we will tell you whether to repeat the course or to hand in proof."
        ),
        stands=False,
    ),
    "legacy": Explanation(
        text(
            "Your completion was recorded while the course did not report to {recipient}, and such completions are not "
            "sent."
        ),
        text(
            "The course administrator is asked to tell you what fits: to repeat the course, or to hand in supporting "
            "documentation, which is sent once it is approved."
        ),
        stands=False,
    ),
    "recipient_off": Explanation(
        text("Our hospital’s exchange with {recipient} is switched off."),
        text("Our site administrator is asked to switch it on."),
    ),
    "recipient_unknown_then": Explanation(
        text("We do not know whether our hospital’s exchange with {recipient} was switched on then.")
    ),
    "credential_missing": Explanation(
        text("{recipient} has no access to our records at present."),
        text("Our site administrator is asked to give it access."),
    ),
    "recipient_silent": Explanation(
        text("{recipient} has stopped reading our records."),
        text("{recipient}’s representative is asked to look into it."),
    ),
    "never_asked": Explanation(
        text("{recipient} has never read our records."),
        text("{recipient}’s representative is asked whether our hospital is set up with them."),
    ),
    # B  Did it happen here?
    "no_trace": _yours(text("There is no sign that you have opened this course."), _UPLOAD_PROOF),
    "not_started": _yours(
        text("You are enrolled in the course, and have not started it yet."), text("Please take the course.")
    ),
    "enrolment_ended": _yours(
        text("You are no longer enrolled in the course, and it is not complete."),
        text("Please enrol again, or ask the course administrator to enrol you, and take the course."),
    ),
    "attempt_not_completed": _yours(
        text("You started the course, and it is not complete yet."),
        text("Please open the course again and finish every part of it."),
    ),
    "attempt_failed": _yours(
        text("Your latest attempt was not passed."),
        text("Please open the course again and try until it shows as complete."),
    ),
    "completed_without_passing": Explanation(
        text("The course is recorded as complete, although your latest attempt was not passed."),
        text("The course administrator is asked to check which of the two is right."),
    ),
    "course_record_missing": Explanation(
        text("You completed the parts of the course, and the course as a whole was not marked as complete."),
        text("The course administrator is asked to have your completion evaluated again."),
    ),
    "activities_open": _yours(
        text("You completed a part of the course. These parts of it are still open: {activities}."),
        text("Please open the course again and finish what it asks for; the rest follows by itself."),
    ),
    "activity_record_missing": _yours(
        text("These parts of it are still to be completed: {activities}."),
        text("Please complete what is named here; the rest follows by itself."),
    ),
    "activity_record_outdated": _yours(
        text("Your completion of these parts of it does not count now: {activities}."),
        text("Please repeat what is named here; the rest follows by itself."),
    ),
    "out_of_period": _yours(
        text("Only completions from {first} to {last} count for {recipient} now."), text("Please repeat the course.")
    ),
    "repeat_not_counted": Explanation(
        text(
            "What you completed first does not count for {recipient} now. You repeated it on {repeated}, and no new "
            "completion was recorded for that."
        ),
        text(
            "The course administrator is asked to have your repeat recorded. Please do not repeat the course again "
            "before you hear from us."
        ),
        stands=False,
    ),
    "expired": _yours(
        text("That completion was valid until {valid_until}."),
        text("Please repeat the course."),
    ),
    "expired_by_administrator": _yours(
        text("That completion was declared expired by an administrator."),
        text("Please repeat the course. If you believe that it expired by mistake, tell us before you do."),
    ),
    "voided": Explanation(
        text("That completion was voided by an administrator on {voided}."),
        text(
            "The course administrator is asked whether that was a mistake. If it was, your completion is restored; if "
            "not, you will need to repeat the course."
        ),
        stands=False,
    ),
    "source_csv_upload": _yours(
        text("It was entered from a list. Such entries count at our hospital and are not sent to {recipient}."),
        _REPEAT_OR_PROOF,
    ),
    "source_equivalency": _yours(
        text("It is an equivalency. Equivalencies count at our hospital and are not sent to {recipient}."),
        _REPEAT_OR_PROOF,
    ),
    "other_records": Explanation(
        text("You completed this course more than once; we looked at the completion that serves you best.")
    ),
    # C  Can the recipient recognise the person?
    "profile_field_missing": Explanation(
        text("Our profiles have no place for your College number yet, so {recipient} cannot recognise you."),
        text("Our site administrator is asked to create it and to enter your number."),
    ),
    "oci_missing": Explanation(
        text("Your College number is missing from your profile, so {recipient} cannot recognise you."),
        text("Our site administrator is asked to enter it."),
    ),
    "oci_refused": Explanation(
        text("Your College number was not entered correctly in your profile, so {recipient} cannot recognise you."),
        text("Our site administrator is asked to correct it."),
    ),
    "oci_unusual": Explanation(
        text("The College number in your profile has an unusual form."),
        text("Our site administrator is asked to compare it with the College’s public register."),
    ),
    "oci_duplicate": Explanation(
        text(
            "The College number in your profile stands in another profile too. Until that is settled, {recipient} is "
            "told nothing."
        ),
        text("Our site administrator is asked to correct it."),
    ),
    "college_not_served": Explanation(
        text("{recipient} does not take completions of members of your College from us."),
        text(
            "Our site administrator is asked whether your College can be added. Until then, please give {recipient} "
            "your proof of completion in its own way. If you are registered with another College too, tell us."
        ),
        yours=True,
    ),
    "recipient_objects": Explanation(
        text("{recipient} does not accept the completion as we hold it."),
        text("Our site administrator is asked to correct what {recipient} objects to."),
    ),
    "college_mistaken": Explanation(
        text("{recipient} knows your number with another College than the one in your profile."),
        text("Our site administrator is asked to compare both with the Colleges’ public registers."),
    ),
    "asked_for_other_id": Explanation(
        text("{recipient} asks for you by another of your College numbers, by which it cannot be given your records."),
        text("{recipient}’s representative is asked to use the number of the College that it serves."),
    ),
    "oci_moved": Explanation(
        text("A College number that you once had here is another person’s now, and we are making sure of both.")
    ),
    "asked_for_near_id": Explanation(
        text("The College number in your profile and the one {recipient} has for you differ slightly."),
        text("Our site administrator is asked to compare both with the College’s public register."),
    ),
    "oci_overwritten": Explanation(
        text("The College number in your profile was replaced by another, and {recipient} still uses the earlier one."),
        text("Our site administrator is asked to correct it, and the list it came from."),
    ),
    "number_in_doubt": Explanation(
        text("{recipient} reads our records, and has not asked for the College number in your profile."),
        text(
            "Our site administrator is asked to compare it with the College’s public register. If you are registered "
            "with more than one College, please tell us the other number too."
        ),
    ),
    "not_asked_for": Explanation(
        text("{recipient} reads our records, and has not asked for yours."),
        text("{recipient}’s representative is asked which College number and which hospital they have for you."),
    ),
    "no_longer_asked_for": Explanation(
        text("{recipient} last asked for your records on {last_asked_for}, and has not asked for them since."),
        text("{recipient}’s representative is asked which College number and which hospital they now have for you."),
    ),
    "not_asked_yet": Explanation(
        text("Your College number was entered here only recently, and {recipient} has not read your records since.")
    ),
    # D  Exchange
    "awaiting_inquiry": Explanation(text("{recipient} has not read your completion from our records yet.")),
    "underway": Explanation(text("Your completion is on its way to {recipient}.")),
    "retrying": Explanation(
        text("Your completion could not be handed to {recipient} yet; our system tries again by itself.")
    ),
    "undecided": Explanation(text("{recipient} has your completion, and has not decided on it yet.")),
    "given_up": Explanation(
        text("{recipient} did not accept your completion."),
        text("Our site administrator is asked to mend what {recipient} objects to, and to send it again."),
    ),
    "asked_for_other_course": Explanation(
        text("{recipient} looks for this course under another name."),
        text("{recipient}’s representative is asked to look for it under ours."),
    ),
    "asked_for_other_dates": Explanation(
        text("{recipient} looks for completions of other dates than yours."),
        text("{recipient}’s representative is asked which dates count, and why."),
    ),
    "answered_without": Explanation(
        text("{recipient} asked for your records, and your completion was not among them."),
        text("Our site administrator is asked to find out what stood in the way then."),
    ),
    # E  On the recipient's side
    "refreshing": Explanation(
        text("{recipient} received it from us on {first_given}, and refreshes what it shows about once a day.")
    ),
    "not_tracked": Explanation(
        text("{recipient} does not follow this course at present."),
        text("{recipient}’s representative is asked to follow it."),
    ),
    "tracking_unknown": Explanation(
        text("We do not know whether {recipient} follows this course."),
        text("{recipient}’s representative is asked."),
    ),
    "escalate": Explanation(
        text("{recipient} received it from us first on {first_given}, and last on {last_given}."),
        text("Where it is not shown there, {recipient}’s representative is asked to look into it, with our proof."),
    ),
    # F  Elsewhere
    "completed_elsewhere": Explanation(
        text("A completion of this course is known from {sites}; it is not sent to {recipient} from here."),
        text("If you upload your proof in the course as supporting documentation, it is sent once it is approved."),
        stands=False,
        yours=True,
    ),
    "elsewhere_unknown": Explanation(
        text("We do not know whether you completed this course at another hospital."),
        text("If you did, please tell us."),
    ),
    "not_evaluated": Explanation(
        text("One of our checks could not be made."), text("Our support staff is asked to make it again.")
    ),
}
