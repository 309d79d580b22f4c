"""Diagnoses that are kept: each at an address of its own, made and made again by a button."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from uuid import UUID

from sqlmodel import Session
from starlette.responses import RedirectResponse, Response

from admin_ui.navigation import DIAGNOSES
from admin_ui.pages.diagnosis_shown import Shown, show_diagnosis
from admin_ui.rendering import render
from admin_ui.visit import Visit, form_of
from lrx.access import Act
from lrx.courses.courses import UnknownCourse
from lrx.diagnosis.diagnoses import diagnosis_by_id, keep
from lrx.diagnosis.matter import read_matter
from lrx.diagnosis.meant.choosing import instant_typed
from lrx.diagnosis.others import PERMISSION
from lrx.diagnosis.replies import Audience, Reply, reply
from lrx.models import KeptDiagnosis
from lrx.people.learners import UnknownLearner
from lrx.recipient import Recipient
from lrx.registry import recipient_named
from lrx.text import Language, Text, text
from lrx.web.problems import BadRequest

__all__ = ["DiagnosisPage", "make", "make_again", "page_of", "show"]


AUDIENCES: Mapping[Audience, Text] = {
    Audience.PHYSICIAN: text("For the physician"),
    Audience.COURSE_ADMIN: text("For the course administrator"),
    Audience.SITE_ADMIN: text("For the site administrator"),
    Audience.RECIPIENT_CONTACT: text("For the recipient’s representative"),
    Audience.INTERNAL: text("For colleagues"),
}


@dataclass(frozen=True, slots=True)
class ReplyShown:
    """A text to copy: for whom, and in which language."""

    audience: Audience
    title: Text
    language: Language
    reply: Reply


@dataclass(frozen=True, slots=True)
class DiagnosisPage:
    """One diagnosis, what its reader may do with it, and texts to send about it once it is kept."""

    shown: Shown
    may_make: bool
    may_see_records: bool
    replies: Sequence[ReplyShown] = ()


def page_of(visit: Visit, shown: Shown, replies: Sequence[ReplyShown] = ()) -> DiagnosisPage:
    """Return the page of a diagnosis for whoever is signed in."""
    scopes = visit.caller.scopes
    return DiagnosisPage(shown, "diagnoses:make" in scopes, "records:read" in scopes, replies)


async def show(visit: Visit) -> Response:
    """The diagnosis as it was made."""
    act, diagnosis_id = visit.act, visit.request.path_params["diagnosis_id"]
    recipients = visit.exchange.recipients

    def work(session: Session) -> DiagnosisPage:
        kept = diagnosis_by_id(session, act, diagnosis_id)
        shown = show_diagnosis(
            session,
            act,
            recipients,
            kept,
            visit.language,
            is_kept=True,
            names_others=PERMISSION in visit.caller.scopes,
        )
        known = recipients.get(kept.recipient)
        return page_of(visit, shown, _replies(session, act, kept, known, visit.language) if known else ())

    return render(visit, "diagnosis.html", await visit.exchange.database.read(work))


def _replies(
    session: Session, act: Act, kept: KeptDiagnosis, recipient: Recipient, language: Language
) -> Sequence[ReplyShown]:
    """The physician is written to in their own language, everybody else in the reader's."""
    matter = read_matter(session, act, kept, recipient)
    spoken = {audience: matter.language if audience is Audience.PHYSICIAN else language for audience in Audience}
    return [
        ReplyShown(audience, title, spoken[audience], reply(kept.content, matter, audience, spoken[audience], act.at))
        for audience, title in AUDIENCES.items()
    ]


async def make(visit: Visit) -> Response:
    """Make a diagnosis of the learner, course and recipient of the form, keep it, and go there."""
    form = await form_of(visit.request)
    learner_id, course_id = _id(form.get("learner")), _id(form.get("course"))
    if learner_id is None:
        raise UnknownLearner(text("The form names no learner. Open Diagnose, and choose one there."))
    if course_id is None:
        raise UnknownCourse(text("The form names no course. Open Diagnose, and choose one there."))
    recipient = recipient_named(visit.exchange.recipients, form.get("recipient", ""))
    as_of = instant_typed(form["as_of"], visit.zone) if form.get("as_of") else None
    if form.get("as_of") and as_of is None:
        raise BadRequest(text("The form cannot be read. Open the page again and send it once more."))

    def work(session: Session) -> KeptDiagnosis:
        act = visit.exchange.act_in(session, visit.caller, visit.request_id)
        return keep(session, act, recipient, learner_id, course_id, as_of)

    return await _kept(visit, work)


async def make_again(visit: Visit) -> Response:
    """Make the diagnosis again as of now, keep it, and go there."""
    diagnosis_id = visit.request.path_params["diagnosis_id"]

    def work(session: Session) -> KeptDiagnosis:
        act = visit.exchange.act_in(session, visit.caller, visit.request_id)
        before = diagnosis_by_id(session, act, diagnosis_id)
        recipient = recipient_named(visit.exchange.recipients, before.recipient)
        return keep(session, act, recipient, before.learner_id, before.course_id, None)

    return await _kept(visit, work)


async def _kept(visit: Visit, work: Callable[[Session], KeptDiagnosis]) -> Response:
    diagnosis_id = await visit.exchange.database.write(lambda session: work(session).id)
    return RedirectResponse(f"{DIAGNOSES}/{diagnosis_id}", 303)


def _id(written: str | None) -> UUID | None:
    try:
        return UUID(written or "")
    except ValueError:
        return None
