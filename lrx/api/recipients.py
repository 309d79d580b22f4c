"""`/recipients`: the systems that may receive, as this site uses them."""

from typing import Any, Literal

from pydantic import Field
from sqlmodel import Session, select

from lrx.api.operation import Call, operation
from lrx.api.pagination import Page
from lrx.api.values import In, Out
from lrx.batches import recipient_settings
from lrx.delivery.holdings import site_settings
from lrx.models import SiteRecipient
from lrx.piecework import Circumstances
from lrx.recipient import PullRecipient, Recipient
from lrx.registry import UnknownRecipient, recipient_named

__all__ = ["OPERATIONS"]

TAG = "recipients"


class RecipientPublic(Out):
    """A recipient as this site uses it."""

    object: Literal["recipient"] = "recipient"
    code: str
    title: str
    mode: Literal["pull", "push"]
    enabled: bool
    settings: dict[str, Any]
    has_credentials: bool
    """Credentials are written and never read again."""
    settings_schema: dict[str, Any]
    credentials_schema: dict[str, Any]
    course_settings_schema: dict[str, Any]


class RecipientPath(In):
    """Which recipient."""

    recipient: str = Field(max_length=40)


class RecipientUpdate(In):
    """What to change; what is left out stays."""

    enabled: bool | None = None
    settings: dict[str, Any] | None = None
    """Checked by the recipient."""
    credentials: dict[str, Any] | None = None
    """Checked by the recipient, kept encrypted."""


@operation("GET", "/recipients", permission="recipients:read", summary="List recipients", tag=TAG)
def list_recipients(call: Call, session: Session) -> Page[RecipientPublic]:
    """All that are installed, in one page."""
    shown = [_recipient(call, session, recipient) for recipient in call.exchange.recipients.values()]
    return Page[RecipientPublic](data=shown, has_more=False, next_cursor=None)


@operation(
    "GET",
    "/recipients/{recipient}",
    permission="recipients:read",
    summary="Show a recipient",
    tag=TAG,
    errors=(UnknownRecipient,),
    rows=lambda act, path: select(SiteRecipient.id).where(
        SiteRecipient.site_id == act.site_id, SiteRecipient.recipient == path.recipient
    ),
)
def get_recipient(call: Call, path: RecipientPath, session: Session) -> RecipientPublic:
    """With the shapes of its settings."""
    return _recipient(call, session, recipient_named(call.exchange.recipients, path.recipient))


@operation(
    "PATCH",
    "/recipients/{recipient}",
    permission="recipients:write",
    summary="Switch a recipient on or off, or change its settings",
    tag=TAG,
    guards=get_recipient,
    errors=(UnknownRecipient,),
    examples={"on": {"enabled": True}},
)
def change_recipient(call: Call, path: RecipientPath, body: RecipientUpdate, session: Session) -> RecipientPublic:
    """By new settings everything held or offered is judged again: at once for up to 200 learners of courses, for more
    by a job of the kind `recipient_settings`."""
    recipient = recipient_named(call.exchange.recipients, path.recipient)
    job = recipient_settings.change_recipient(
        session,
        Circumstances(call.act, call.act.at, call.exchange.recipients),
        call.exchange.vault,
        recipient,
        enabled=body.enabled,
        settings=body.settings,
        credentials=body.credentials,
        language=call.language,
    )
    if job is not None:
        call.afterwards.append(call.exchange.wake_job_runner)
    return _recipient(call, session, recipient)


def _recipient(call: Call, session: Session, recipient: Recipient) -> RecipientPublic:
    stored = session.exec(
        select(SiteRecipient).where(
            SiteRecipient.site_id == call.act.site_id, SiteRecipient.recipient == recipient.code
        )
    ).first()
    return RecipientPublic(
        code=recipient.code,
        title=recipient.title,
        mode="pull" if isinstance(recipient, PullRecipient) else "push",
        enabled=bool(stored and stored.enabled),
        settings=site_settings(session, call.act.site_id, recipient).model_dump(mode="json"),
        has_credentials=bool(stored and stored.credentials),
        settings_schema=recipient.site_settings.model_json_schema(),
        credentials_schema=recipient.site_credentials.model_json_schema(),
        course_settings_schema=recipient.course_settings.model_json_schema(),
    )


OPERATIONS = (list_recipients, get_recipient, change_recipient)
