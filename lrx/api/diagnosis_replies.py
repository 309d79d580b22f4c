"""`/diagnoses/{diagnosis_id}/replies`: texts to send about a diagnosis, for each kind of reader."""

from typing import Literal
from uuid import UUID

from sqlmodel import Session

from lrx.api.diagnoses import DiagnosisPath
from lrx.api.operation import Call, operation
from lrx.api.values import In, Out
from lrx.diagnosis.diagnoses import UnknownDiagnosis, diagnosis_by_id
from lrx.diagnosis.matter import Matter, read_matter
from lrx.diagnosis.replies import Audience, reply
from lrx.registry import UnknownRecipient, recipient_named
from lrx.text import Language

__all__ = ["OPERATIONS"]


class RepliesQuery(In):
    """For whom, and in which language."""

    audience: Audience | None = None
    """Left out for all of them."""
    language: Language | None = None
    """Left out for the learner's own for the physician, and that of the request for the others."""


class ReplyPublic(Out):
    """One text: plain, to be sent as it is."""

    audience: Audience
    language: Language
    subject: str
    body: str


class RepliesPublic(Out):
    """The texts about one diagnosis. They say "tomorrow" from the time of the request."""

    object: Literal["diagnosis_replies"] = "diagnosis_replies"
    diagnosis_id: UUID
    reference: str
    """What people are asked to quote: the beginning of the diagnosis's id."""
    replies: list[ReplyPublic]


@operation(
    "GET",
    "/diagnoses/{diagnosis_id}/replies",
    permission="diagnoses:read",
    summary="Show texts to send about a diagnosis",
    tag="diagnosis",
    errors=(UnknownDiagnosis, UnknownRecipient),
)
def get_replies(call: Call, path: DiagnosisPath, query: RepliesQuery, session: Session) -> RepliesPublic:
    """Each holds what its reader may see: the physician no number and no internals, the recipient's representative the
    OCI ID and neither name nor address, administrators and colleagues the data of this learner alone."""
    kept = diagnosis_by_id(session, call.act, path.diagnosis_id)
    matter = read_matter(session, call.act, kept, recipient_named(call.exchange.recipients, kept.recipient))

    def written(audience: Audience) -> ReplyPublic:
        language = query.language or _usual(audience, matter, call.language)
        made = reply(kept.content, matter, audience, language, call.act.at)
        return ReplyPublic(audience=audience, language=language, subject=made.subject, body=made.body)

    wanted = (query.audience,) if query.audience else tuple(Audience)
    return RepliesPublic(diagnosis_id=kept.id, reference=matter.reference, replies=[written(one) for one in wanted])


def _usual(audience: Audience, matter: Matter, asked_in: Language) -> Language:
    return matter.language if audience is Audience.PHYSICIAN else asked_in


OPERATIONS = (get_replies,)
