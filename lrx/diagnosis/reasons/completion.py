"""Reasons of stage B: whether it happened here, and whether the record counts."""

from collections.abc import Mapping

from lrx.diagnosis.reasons.reason import Kind, Reason
from lrx.text import text

__all__ = ["REASONS"]

REASONS: Mapping[str, Reason] = {
    "no_trace": Reason(
        Kind.FIXABLE,
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
        Kind.FIXABLE,
        "learner",
        text("Enrolled and not started"),
        text("The learner takes the course."),
        None,
        "learning-records",
    ),
    "enrolment_ended": Reason(
        Kind.FIXABLE,
        "learner",
        text("No longer enrolled, and not completed"),
        text("The learner enrols again, or is enrolled by a course administrator, and takes the course."),
        None,
        "learning-records",
    ),
    "attempt_not_completed": Reason(
        Kind.FIXABLE,
        "learner",
        text("Started and not completed"),
        text("The learner opens the course again and finishes it."),
        None,
        "learning-records",
    ),
    "attempt_failed": Reason(
        Kind.FIXABLE,
        "learner",
        text("Attempted and not passed"),
        text("The learner tries again and passes."),
        None,
        "learning-records",
    ),
    "completed_without_passing": Reason(
        Kind.TOLD,
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
        Kind.FIXABLE,
        "course_admin",
        text("The activities are complete and the course is not"),
        text("A course administrator checks the course’s completion settings and has completion evaluated again."),
        10,
        "course",
        then_shown=True,
    ),
    "activities_open": Reason(
        Kind.FIXABLE,
        "learner",
        text("Begun, and some activities are not complete"),
        text("The learner completes what the course asks for of the activities named; the course is then complete."),
        None,
        "learning-records",
    ),
    "activity_record_missing": Reason(
        Kind.FIXABLE,
        "learner",
        text("A mandatory activity is not complete"),
        text(
            "The learner completes the activities named; the record is then released by itself, unless something else "
            "keeps it here."
        ),
        None,
        "learning-records",
    ),
    "activity_record_outdated": Reason(
        Kind.FIXABLE,
        "learner",
        text("A mandatory activity has no record that counts now"),
        text("The learner repeats the activities named."),
        None,
        "learning-records",
    ),
    "out_of_period": Reason(
        Kind.RULE,
        "learner",
        text("Completed outside the current reporting period"),
        text("The learner repeats the course, or the reporting period of the course’s recipient is corrected."),
        None,
        "course-recipients",
    ),
    "repeat_not_counted": Reason(
        Kind.RULE,
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
        Kind.RULE,
        "learner",
        text("The record has expired"),
        text("The learner repeats the course."),
        None,
        "learning-records",
    ),
    "expired_by_administrator": Reason(
        Kind.RULE,
        "learner",
        text("An administrator let the record expire"),
        text("The learner repeats the course; an expiry made in error can be taken back."),
        None,
        "learning-records",
    ),
    "voided": Reason(
        Kind.RULE,
        "course_admin",
        text("The record is voided"),
        text(
            "An administrator unvoids the record if it was voided in error; otherwise the learner repeats the course."
        ),
        2,
        "learning-records",
    ),
    "source_csv_upload": Reason(
        Kind.RULE,
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
        Kind.RULE,
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
        Kind.TOLD,
        "nobody",
        text("There are other records"),
        text("The best one was judged; the others are listed with the reason."),
    ),
}
