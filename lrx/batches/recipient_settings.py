"""What new settings of a recipient decide for everything held or offered: few learners at once, many as a job."""

from collections.abc import Mapping, Sequence
from typing import Any
from uuid import UUID

from pydantic import BaseModel, ConfigDict
from sqlmodel import Session

from lrx import jobs, site_recipients
from lrx.delivery.outbox import reconsider_pairs
from lrx.models import Job
from lrx.piecework import AT_ONCE, Circumstances, Kind, Outcome, Result
from lrx.recipient import Recipient
from lrx.text import Language
from lrx.vault import Vault

__all__ = ["KIND", "change_recipient"]


class PairItem(BaseModel):
    """A learner and a course of whom something is held or offered."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    learner_id: UUID
    course_id: UUID


def change_recipient(
    session: Session,
    circumstances: Circumstances,
    vault: Vault,
    recipient: Recipient,
    *,
    enabled: bool | None = None,
    settings: Mapping[str, Any] | None = None,
    credentials: Mapping[str, Any] | None = None,
    language: Language = "en",
) -> Job | None:
    """Change what is given, and judge by new settings what is held or offered: up to 200 learners of courses in this
    transaction. More become the job that is returned. Raises `Invalid`."""
    act = circumstances.act
    site_recipients.change(session, act, vault, recipient, enabled=enabled, settings=settings, credentials=credentials)
    if settings is None:
        return None
    pairs = site_recipients.open_pairs(session, act, recipient)
    if len(pairs) > AT_ONCE:
        items = [PairItem(learner_id=one, course_id=other).model_dump_json().encode() for one, other in pairs]
        return jobs.ask(session, act, KIND, items, language=language)
    site_recipients.judge_again(session, act, circumstances.recipients, pairs)
    return None


def _work(session: Session, circumstances: Circumstances, items: Sequence[PairItem]) -> Sequence[Result]:
    pairs = [(item.learner_id, item.course_id) for item in items]
    reconsider_pairs(session, circumstances.act, circumstances.recipients, pairs)
    return [Outcome("judged", item.learner_id, {"course_id": str(item.course_id)}) for item in items]


KIND = Kind(
    name="recipient_settings",
    permission="recipients:write",
    pointer="",
    item=PairItem,
    work=_work,
    piece=100,
)
