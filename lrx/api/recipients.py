"""`/recipients`: the systems that may receive, as this site uses them."""

from typing import Any, Literal

from pydantic import Field
from sqlmodel import Session, select

from lrx import site_recipients
from lrx.api.operation import Call, operation
from lrx.api.pagination import Page
from lrx.api.values import In, Out
from lrx.delivery.holdings import site_settings
from lrx.models import SiteRecipient
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
    """New settings are judged at once for everything held."""
    recipient = recipient_named(call.exchange.recipients, path.recipient)
    site_recipients.change(
        session,
        call.act,
        call.exchange.vault,
        call.exchange.recipients,
        recipient,
        enabled=body.enabled,
        settings=body.settings,
        credentials=body.credentials,
    )
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
