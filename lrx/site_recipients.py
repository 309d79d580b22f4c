"""A recipient at one site: switched on by those who agreed with it, with its settings and its credentials,
encrypted."""

from collections.abc import Collection, Mapping, Sequence
from typing import Any

from sqlmodel import Session, col, select

from lrx import audit, settings_history
from lrx.access import Act
from lrx.courses.course_recipients import checked
from lrx.database import pieces
from lrx.delivery.cases import Pair, cases_of
from lrx.delivery.outbox import reconsider_cases
from lrx.models import Delivery, DeliveryStatus, SiteRecipient
from lrx.recipient import Recipient
from lrx.vault import Vault

__all__ = ["change", "judge_again", "open_pairs"]


def change(
    session: Session,
    act: Act,
    vault: Vault,
    recipient: Recipient,
    *,
    enabled: bool | None = None,
    settings: Mapping[str, Any] | None = None,
    credentials: Mapping[str, Any] | None = None,
) -> SiteRecipient:
    """Change what is given. Raises `Invalid`. With new settings the caller judges `open_pairs` again.

    Until the transaction ends nobody else judges anything at the site: whoever has judged by the old settings is seen
    by it, and whoever comes later judges by the new ones.
    """
    mine = select(SiteRecipient).where(SiteRecipient.site_id == act.site_id).order_by(SiteRecipient.recipient)
    rows = session.exec(mine.with_for_update().execution_options(populate_existing=True)).all()
    stored = next((one for one in rows if one.recipient == recipient.code), None)
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
    return stored


def open_pairs(session: Session, act: Act, recipient: Recipient) -> Sequence[Pair]:
    """Return the learners and courses of whom something is held or offered: what new settings may decide otherwise."""
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
    return [(learner, course) for learner, course in pairs if learner is not None]


def judge_again(session: Session, act: Act, recipients: Mapping[str, Recipient], pairs: Collection[Pair]) -> None:
    """Judge these by the settings that `change` has changed in the same transaction. The learners are not locked: who
    has locked one waits for these settings before judging."""
    for some in pieces(pairs):
        reconsider_cases(session, act, recipients, cases_of(session, act.site_id, some).values())
