"""A recipient at one site: switched on by those who agreed with it, with its settings and its credentials,
encrypted."""

from collections.abc import Mapping
from typing import Any

from sqlmodel import Session, col, select

from lrx import audit, settings_history
from lrx.access import Act
from lrx.courses.course_recipients import checked
from lrx.delivery.outbox import reconsider_pairs
from lrx.models import Delivery, DeliveryStatus, SiteRecipient
from lrx.recipient import Recipient
from lrx.vault import Vault

__all__ = ["change"]


def change(
    session: Session,
    act: Act,
    vault: Vault,
    recipients: Mapping[str, Recipient],
    recipient: Recipient,
    *,
    enabled: bool | None = None,
    settings: Mapping[str, Any] | None = None,
    credentials: Mapping[str, Any] | None = None,
) -> SiteRecipient:
    """Change what is given. New settings are judged at once for what is held or offered. Raises `Invalid`."""
    stored = session.exec(
        select(SiteRecipient).where(SiteRecipient.site_id == act.site_id, SiteRecipient.recipient == recipient.code)
    ).first()
    if stored is None:
        stored = SiteRecipient(id=act.new_id(), site_id=act.site_id, recipient=recipient.code, updated_at=act.at)
    if enabled is not None:
        stored.enabled = enabled
    if settings is not None:
        stored.settings = checked(recipient.site_settings, settings, "/settings").model_dump(mode="json")
    if credentials is not None:
        stored.credentials = vault.seal(
            checked(recipient.site_credentials, credentials, "/credentials").model_dump(mode="json")
        )
    stored.updated_at = act.at
    session.add(stored)
    session.flush()
    settings_history.keep(session, act, stored)
    given = {"enabled": enabled, "settings": settings, "credentials": credentials}
    changed = sorted(name for name, value in given.items() if value is not None)
    audit.keep(session, act, "change", "recipient", recipient.code, fields=changed)
    if settings is not None:
        _reconsider_open(session, act, recipients, recipient)
    return stored


def _reconsider_open(session: Session, act: Act, recipients: Mapping[str, Recipient], recipient: Recipient) -> None:
    pairs = session.exec(
        select(col(Delivery.learner_id), col(Delivery.course_id))
        .where(
            Delivery.site_id == act.site_id,
            Delivery.recipient == recipient.code,
            col(Delivery.learner_id).is_not(None),
            col(Delivery.status).in_((DeliveryStatus.HELD, DeliveryStatus.OFFERED, DeliveryStatus.PENDING)),
        )
        .distinct()
    ).all()
    reconsider_pairs(session, act, recipients, [(learner, course) for learner, course in pairs if learner is not None])
