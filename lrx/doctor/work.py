"""The exchange at work: the clock, the secret key, the recipients, and what waits for somebody."""

from collections.abc import Iterator, Mapping
from datetime import datetime, timedelta

import sqlalchemy as sa
from pydantic import ValidationError
from sqlmodel import Session, col, select

from lrx.doctor.finding import Finding, fine, warning, wrong
from lrx.doctor.visit import Visit
from lrx.models import Alert, AuditEntry, CourseRecipient, Credential, Site, SiteRecipient, Statement
from lrx.recipient import PullRecipient, Recipient
from lrx.state import READINGS
from lrx.text import Text, text
from lrx.vault import Vault, WrongKey, open_vault
from lrx.write_time import APART

__all__ = ["clock", "recipients", "secret_key", "waiting"]

TOLERATED = timedelta(minutes=1)
LATE = timedelta(minutes=5)


def clock(session: Session, visit: Visit) -> Iterator[Finding]:
    """Whether the clock of this machine runs behind what is stored, or apart from the database's."""
    stored = [
        session.exec(select(AuditEntry.written_at).order_by(col(AuditEntry.seq).desc()).limit(1)).first(),
        session.exec(select(Statement.stored).order_by(col(Statement.seq).desc()).limit(1)).first(),
    ]
    newest = max((instant for instant in stored if instant is not None), default=None)
    step = text("Set the clock of this machine by a time server (NTP). Dates of records are judged by it.")
    if newest is not None and newest - visit.now > TOLERATED:
        shown = {"newest": newest.isoformat(timespec="seconds"), "now": visit.now.isoformat(timespec="seconds")}
        yield wrong("clock", text("The clock shows {now}, and something was stored at {newest}.", **shown), step)
        return
    if session.connection().dialect.name == "postgresql" and visit.settings.frozen_clock is None:
        theirs: datetime = session.connection().execute(sa.select(sa.func.clock_timestamp())).scalar_one()
        apart = abs(theirs - visit.now)
        if apart > APART:
            seconds = int(apart.total_seconds())
            yield warning("clock", text("The database’s clock is {seconds} seconds apart.", seconds=seconds), step)
            return
    yield fine("clock", text("The clock is not behind what is stored."))


def secret_key(session: Session, visit: Visit) -> Iterator[Finding]:
    """Whether the secret key opens everything that was encrypted. A missing key is not made."""
    sealed = [row for row in session.exec(select(SiteRecipient.credentials)) if row is not None]
    settings = visit.settings
    path = settings.data_dir / "secret_key"
    step = text("Put back the key they were stored with, as LRX_SECRET_KEY or in its file, or enter them again.")
    if settings.secret_key is None and not path.exists():
        if sealed:
            yield wrong("secret_key", text("There is no secret key, and credentials are stored."), step)
        else:
            yield fine("secret_key", text("There is no secret key yet; one is made at the first start."))
        return
    try:
        vault = open_vault(settings)
        for one in sealed:
            vault.unseal(one)
    except (WrongKey, OSError, UnicodeDecodeError) as error:
        reason = error.detail if isinstance(error, WrongKey) else text("The secret key cannot be read.")
        yield wrong("secret_key", reason, step)
        return
    yield fine("secret_key", text("The secret key opens what is stored."))


def recipients(session: Session, visit: Visit) -> Iterator[Finding]:
    """Whether each recipient switched on can be served, and none that courses send to is switched off."""
    sites = {site.id: site.code for site in session.exec(select(Site))}
    stored = session.exec(select(SiteRecipient)).all()
    switched_on = [one for one in stored if one.enabled]
    faults = [
        (sites[one.site_id], one.recipient, fault) for one in switched_on for fault in _faults(session, visit, one)
    ]
    used = {(one.site_id, one.recipient) for one in switched_on}
    links = select(col(CourseRecipient.site_id), col(CourseRecipient.recipient)).where(col(CourseRecipient.active))
    faults += [
        (sites[site_id], recipient, text("courses send to it, and it is switched off"))
        for site_id, recipient in session.exec(links.distinct())
        if (site_id, recipient) not in used
    ]
    for site, recipient, fault in faults:
        yield wrong(
            "recipients",
            text("{recipient} at the site {site}: {fault}.", recipient=recipient, site=site, fault=fault),
            text("Mend it with the commands and addresses of the page about the recipient."),
        )
    if not switched_on:
        yield warning(
            "recipients",
            text("No recipient is switched on: nobody learns of the records kept here."),
            text("Switch one on, as the page about deploying shows."),
        )
    elif not faults:
        yield fine("recipients", text("Recipients switched on: {count}.", count=len(switched_on)))


def _faults(session: Session, visit: Visit, stored: SiteRecipient) -> Iterator[Text]:
    recipient = visit.recipients.get(stored.recipient)
    if recipient is None:
        yield text("it is switched on and not installed")
        return
    try:
        recipient.site_settings.model_validate(stored.settings)
    except ValidationError:
        yield text("its settings cannot be taken")
    if not _opens(visit, recipient, stored):
        yield text("the credentials we need to call it are missing or cannot be taken")
    if isinstance(recipient, PullRecipient) and not _has_account(session, stored):
        yield text("it has no service account to ask with")


def _opens(visit: Visit, recipient: Recipient, stored: SiteRecipient) -> bool:
    """Whether its own credentials are there. A key that does not fit is told by itself."""
    try:
        value: Mapping[str, object] = {}
        if stored.credentials is not None:
            value = _vault(visit).unseal(stored.credentials)
        recipient.site_credentials.model_validate(value)
    except ValidationError:
        return False
    except (WrongKey, OSError, UnicodeDecodeError):
        return True
    return True


def _vault(visit: Visit) -> Vault:
    settings = visit.settings
    if settings.secret_key is None and not (settings.data_dir / "secret_key").exists():
        raise FileNotFoundError("secret_key")
    return open_vault(settings)


def _has_account(session: Session, stored: SiteRecipient) -> bool:
    query = select(Credential.id).where(
        Credential.site_id == stored.site_id,
        Credential.recipient == stored.recipient,
        col(Credential.revoked_at).is_(None),
    )
    return session.exec(query.limit(1)).first() is not None


WAITING = {
    "statements_parked": (
        text("Statements parked, their person or course unknown: {count}."),
        text("Map them; /api/v1/statements/parked lists them."),
    ),
    "statements_set_aside": (
        text("Statements set aside, which could not be stored as they came: {count}."),
        text("Look at /api/v1/statements/set-aside, mend the cause at the LMS, and replay them."),
    ),
    "deliveries_held": (
        text("Deliveries held until a person acts: {count}."),
        text("Open the course’s page Learning Records: it says for each what is missing."),
    ),
}


def waiting(session: Session, visit: Visit) -> Iterator[Finding]:
    """What waits for the projector, and what waits for a person."""
    read = {reading.name: int(reading.read(session)) for reading in READINGS}
    yield _projector(session, visit, read["projector_lag_statements"])
    for name, (sentence, step) in WAITING.items():
        if read[name]:
            yield warning(name, Text(sentence.message, {"count": read[name]}), step)
    alerts = session.exec(select(sa.func.count()).select_from(Alert)).one()
    if alerts:
        yield warning("alerts", text("Alerts up: {count}.", count=alerts), text("Look at /api/v1/alerts."))
    if not alerts and not any(read[name] for name in WAITING):
        yield fine("waiting", text("Nothing waits for a person."))


def _projector(session: Session, visit: Visit, lag: int) -> Finding:
    if lag:
        oldest = session.exec(
            select(Statement.stored).order_by(col(Statement.seq).desc()).offset(lag - 1).limit(1)
        ).first()
        if oldest is not None and visit.now - oldest > LATE:
            return wrong(
                "projector",
                text(
                    "Statements waiting to be read, since {oldest}: {count}.",
                    count=lag,
                    oldest=oldest.isoformat(timespec="seconds"),
                ),
                text("Start `lrx serve` with its worker, or `lrx worker`; if one runs, its log says what stops it."),
            )
    return fine("projector", text("Statements waiting to be read: {count}.", count=lag))
