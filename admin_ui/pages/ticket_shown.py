"""What a ticket was taken for, as the page shows it: who and what may be meant, and why."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from urllib.parse import urlencode

from sqlmodel import Session

from admin_ui.navigation import DIAGNOSE, DIAGNOSES
from admin_ui.pages.diagnosis_around import Link
from lrx.access import Act
from lrx.diagnosis.matter import reference_of
from lrx.diagnosis.meant.choosing import account_of
from lrx.diagnosis.meant.courses import CourseMeant, WhyCourse
from lrx.diagnosis.meant.keys import Why
from lrx.diagnosis.meant.people import PersonMeant
from lrx.diagnosis.meant.understanding import Understanding
from lrx.diagnosis.ticket import Found, Kind
from lrx.text import Text, text

__all__ = ["FoundShown", "MeantShown", "Understood", "understood"]

KINDS: Mapping[Kind, Text] = {
    "oci_id": text("OCI ID"),
    "unclear_oci_id": text("Unclear OCI ID"),
    "number": text("Number"),
    "email": text("E-mail address"),
    "username": text("User name"),
    "ws_code": text("Code of a recipient"),
    "pars_code": text("Code of a recipient"),
    "accme_activity_id": text("ACCME activity ID"),
    "credit_id": text("Credit ID"),
    "diagnosis": text("Number of a diagnosis"),
    "name": text("Name"),
    "recipient": text("Recipient"),
    "day": text("Day"),
    "ambiguous_day": text("Day that can be read in two ways"),
}
"""What was found in the text; plain words are not told."""

WHY: Mapping[Why, Text] = {
    "diagnosis": text("the diagnosis {typed} is about this person"),
    "oci_id": text("holds the OCI ID “{typed}”"),
    "username": text("user name “{typed}”"),
    "email": text("e-mail address “{typed}”"),
    "number": text("registration number “{typed}”"),
    "idnumber": text("id number “{typed}”"),
    "oci_id_before": text("held the OCI ID “{typed}” before"),
    "name": text("is called “{typed}”"),
    "family_name": text("family name in “{typed}”"),
    "near_miss": text("holds an OCI ID nearly like “{typed}”"),
}

WHY_COURSE: Mapping[WhyCourse, Text] = {
    "diagnosis": text("the quoted diagnosis is about it"),
    "shortname": text("its short name is in the text"),
    "idnumber": text("its id number is in the text"),
    "full_name": text("its name is in the text"),
    "without_year": text("its name is in the text without the year"),
    "words": text("words of its name are in the text"),
    "records": text("the learner has records in it"),
}

MOST_FOUND = 30


@dataclass(frozen=True, slots=True)
class FoundShown:
    """One thing found in the text."""

    title: Text
    typed: str
    normal: str | None
    note: Text | None


@dataclass(frozen=True, slots=True)
class MeantShown:
    """Somebody or something that may be meant, why, and the address that chooses it. `is_likely` is false where the
    text points better at another."""

    title: str
    name: str | None
    why: Sequence[Text]
    address: str
    is_likely: bool


@dataclass(frozen=True, slots=True)
class Understood:
    """What the ticket was taken for. `values` are the fields of the form that are certain; all three are there where
    one question is left."""

    found: Sequence[FoundShown]
    people: Sequence[MeantShown]
    nearest: Sequence[MeantShown]
    courses: Sequence[MeantShown]
    recipients: Sequence[str]
    diagnoses: Sequence[Link]
    questions: Sequence[Text]
    notes: Sequence[Text]
    values: Mapping[str, str]
    run: Mapping[str, str] | None


def understood(session: Session, act: Act, meant: Understanding) -> Understood:
    """Return the understanding of a ticket as the page shows it."""
    run = None
    if (choice := meant.certain) is not None:
        learner_id = account_of(session, act, choice.learner_ids, choice.course_id)
        run = {"learner": str(learner_id), "course": str(choice.course_id), "recipient": choice.recipient}
    likely = [one for one in meant.people if one.remains and not meant.is_doubtful]
    courses = [one for one in meant.courses if one.remains]
    certain = {
        **({"learner": str(likely[0].learner_id)} if len(likely) == 1 else {}),
        **({"course": str(courses[0].course_id)} if len(courses) == 1 else {}),
        **({"recipient": meant.recipients[0].code} if len(meant.recipients) == 1 else {}),
    }
    values = {
        "learner": likely[0].username or str(likely[0].learner_id) if len(likely) == 1 else "",
        "course": courses[0].shortname or str(courses[0].course_id) if len(courses) == 1 else "",
        "recipient": certain.get("recipient", ""),
    }
    return Understood(
        found=[_found(one) for one in meant.ticket.found if one.kind in KINDS][:MOST_FOUND],
        people=[_person(one, certain) for one in meant.people],
        nearest=[_person(one, certain) for one in meant.nearest],
        courses=[_course(one, certain) for one in meant.courses],
        recipients=[one.title for one in meant.recipients],
        diagnoses=[Link(reference_of(one), f"{DIAGNOSES}/{one}") for one in meant.diagnoses],
        questions=meant.questions,
        notes=meant.notes,
        values=values,
        run=run,
    )


def _found(one: Found) -> FoundShown:
    return FoundShown(KINDS[one.kind], one.typed, one.normal if one.normal not in ("", one.typed) else None, one.note)


def _person(one: PersonMeant, certain: Mapping[str, str]) -> MeantShown:
    why = [Text(WHY[reason.why].message, {"typed": reason.found.typed}) for reason in one.reasons]
    address = f"{DIAGNOSE}?{urlencode({**certain, 'learner': str(one.learner_id)})}"
    return MeantShown(one.full_name, one.username, why, address, is_likely=one.remains)


def _course(one: CourseMeant, certain: Mapping[str, str]) -> MeantShown:
    address = f"{DIAGNOSE}?{urlencode({**certain, 'course': str(one.course_id)})}"
    return MeantShown(one.full_name, one.shortname, [WHY_COURSE[one.why]], address, is_likely=one.remains)
