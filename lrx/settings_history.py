"""Settings as they were: a version of the whole set after each change, written by the services that change them, and
read to answer a question as of a past instant."""

from collections.abc import Collection, Mapping
from datetime import datetime
from itertools import takewhile
from typing import Any, NamedTuple
from uuid import UUID

import sqlalchemy as sa
from sqlmodel import Session, SQLModel

from lrx.access import Act
from lrx.database import pieces
from lrx.models import Course, CourseRecipient, SettingsOf, SettingsVersion, SiteRecipient
from lrx.tables import table

__all__ = ["MIGRATION", "as_of", "first_kept", "keep", "unchanged_since"]

MIGRATION = "system:migration"
"""By whom the first version of what was there before versions were kept was made."""


class _Kept(NamedTuple):
    """What is kept of one kind of subject: never credentials, and nothing that changes with every write."""

    kind: SettingsOf
    fields: tuple[str, ...]


KEPT: Mapping[type[SQLModel], _Kept] = {
    SiteRecipient: _Kept(SettingsOf.SITE_RECIPIENT, ("enabled", "settings")),
    CourseRecipient: _Kept(
        SettingsOf.COURSE_RECIPIENT,
        (
            *("active", "settings", "reporting_period"),
            *("tracked", "tracked_confirmed_by", "tracked_confirmed_on", "tracked_note"),
        ),
    ),
    Course: _Kept(SettingsOf.COURSE, ("full_name", "shortname", "expiry", "recertification_window", "repeats")),
}

_VERSIONS = table(SettingsVersion)


def keep(session: Session, act: Act, subject: SiteRecipient | CourseRecipient | Course) -> bool:
    """Keep the subject's settings as they are now, in the transaction that changed them; returns whether they differ
    from the version before. Nothing is kept where they do not."""
    kind, fields = KEPT[type(subject)]
    values = subject.model_dump(mode="json", include=set(fields))
    if as_of(session, act.site_id, kind, [subject.id], None).get(subject.id) == values:
        return False
    session.connection().execute(
        sa.insert(_VERSIONS).values(
            {
                "site_id": act.site_id,
                "subject_kind": kind,
                "subject_id": subject.id,
                "values": values,
                "changed_at": act.at,
                "actor": act.actor,
            }
        )
    )
    return True


def as_of(
    session: Session, site_id: UUID, subject_kind: SettingsOf, subject_ids: Collection[UUID], instant: datetime | None
) -> dict[UUID, Mapping[str, Any]]:
    """Return the settings each subject had at `instant`, or has now where None is given. A subject that had none then
    is left out."""
    columns = _VERSIONS.c
    newest = (
        sa.select(sa.func.max(columns.seq))
        .where(columns.site_id == site_id, columns.subject_kind == subject_kind)
        .group_by(columns.subject_id)
    )
    if instant is not None:
        newest = newest.where(columns.changed_at <= instant)
    found: dict[UUID, Mapping[str, Any]] = {}
    for some in pieces(subject_ids):
        held = sa.select(columns.subject_id, columns["values"]).where(
            columns.seq.in_(newest.where(columns.subject_id.in_(some)))
        )
        found.update((subject_id, values) for subject_id, values in session.connection().execute(held))
    return found


class First(NamedTuple):
    """The first version that was kept of a subject, and by whom."""

    values: Mapping[str, Any]
    actor: str


def first_kept(session: Session, site_id: UUID, subject_kind: SettingsOf, subject_id: UUID) -> First | None:
    """Return the first version of the subject; one by `MIGRATION` says nothing of the time before it, and one by
    anybody else was kept as the subject was made."""
    columns = _VERSIONS.c
    kept = (
        sa.select(columns["values"], columns.actor)
        .where(columns.site_id == site_id, columns.subject_kind == subject_kind, columns.subject_id == subject_id)
        .order_by(columns.seq)
    )
    row = session.connection().execute(kept.limit(1)).first()
    return First(*row) if row else None


def unchanged_since(
    session: Session, site_id: UUID, subject_kind: SettingsOf, subject_id: UUID, setting: str, instant: datetime
) -> datetime | None:
    """Return since when the setting had the value it had at `instant`, None where nothing is known of the subject."""
    columns = _VERSIONS.c
    kept = (
        sa.select(columns["values"], columns.changed_at)
        .where(
            columns.site_id == site_id,
            columns.subject_kind == subject_kind,
            columns.subject_id == subject_id,
            columns.changed_at <= instant,
        )
        .order_by(columns.seq.desc())
    )
    versions = session.connection().execute(kept).all()
    held = takewhile(lambda one: one[0].get(setting) == versions[0][0].get(setting), versions)
    return min((changed_at for _, changed_at in held), default=None)
