"""Reads the situation of a course and a recipient as it was at an instant: settings, spans, and how the recipient
asks."""

from collections import defaultdict
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from typing import Any, NamedTuple
from uuid import UUID
from zoneinfo import ZoneInfo

import sqlalchemy as sa
from sqlmodel import Session

from lrx import settings_history
from lrx.clock import day_begins, local_date
from lrx.delivery.proofs import ActivityRow, CourseRow
from lrx.delivery.released import period_of
from lrx.diagnosis.facts import Missed, Release, Situation, Tracking
from lrx.diagnosis.reading.days_off import days_off
from lrx.diagnosis.rhythm import DAYS, Rhythm, rhythm
from lrx.eligibility import Interval
from lrx.models import (
    Activity,
    Course,
    CourseRecipient,
    Credential,
    CredentialKind,
    Inquiry,
    LearnerOciId,
    ProfileField,
    RecipientInterval,
    SettingsOf,
    SiteRecipient,
)
from lrx.oci_id import OciId
from lrx.recipient import Outcome, PullRecipient, Recipient
from lrx.tables import Rows, among, same, table, until

__all__ = ["At", "read_situation"]

MISSED_LATELY = timedelta(days=14)
"""How far back questions that found nobody are looked at."""
MISSED = 1000
"""Most OCI IDs nobody holds that are looked through for one that is nearly the same."""
MOST_MISSES = 10_000
"""Most questions that are looked at for them: a recipient may ask every night for thousands who were never here."""

_ACTIVITIES = Rows(ActivityRow, Activity, lambda of: (same(of.site_id), same(of.course_id)), "id")
_INQUIRIES = table(Inquiry).c


@dataclass(frozen=True, slots=True)
class At:
    """Where and when something is judged: a site, its zone, and an instant that may lie in the past."""

    site_id: UUID
    zone: ZoneInfo
    instant: datetime


def _edge(which: int, place: int) -> "sa.BindParameter[Any]":
    return sa.bindparam(f"edge{which}{place}", type_=_INQUIRIES.asked_at.type)


_OF_RECIPIENT = (same(_INQUIRIES.site_id), same(_INQUIRIES.recipient))
_ASKED = sa.select(
    sa.select(sa.func.max(_INQUIRIES.asked_at)).where(*_OF_RECIPIENT, until(_INQUIRIES.asked_at)).scalar_subquery(),
    *(
        sa.select(sa.func.min(_INQUIRIES.asked_at))
        .where(*_OF_RECIPIENT, _INQUIRIES.asked_at >= _edge(0, place), _INQUIRIES.asked_at < _edge(1, place))
        .scalar_subquery()
        for place in range(DAYS)
    ),
)
"""The last question of a recipient, and the first one of each of the last days."""


def read_situation(session: Session, at: At, course: CourseRow, recipient: Recipient) -> Situation:
    """Return the situation of the course, which must be the site's, and the recipient."""
    missed = _missed(session, at, recipient)
    numbers: defaultdict[str, list[Missed]] = defaultdict(list)
    for one in missed:
        numbers[one.oci_id.number].append(one)
    enabled, settings = _at_site(session, at, recipient)
    expiry = _course_then(session, at, course)
    course = course._replace(expiry=expiry)
    release = _release(session, at, course.id, recipient.code)
    is_active = release is not None and release.is_active
    return Situation(
        at=at.instant,
        zone=at.zone,
        course=course,
        activities={one.id: one for one in _ACTIVITIES.read(session, site_id=at.site_id, course_id=course.id)},
        recipient=recipient,
        puller=recipient if isinstance(recipient, PullRecipient) else None,
        settings=recipient.site_settings.model_validate(settings),
        is_enabled=enabled,
        has_account=_has_account(session, at, recipient),
        release=release,
        period=period_of(release.reporting_period if release else None, expiry, at.zone, at.instant),
        rhythm=_rhythm(session, at, recipient),
        has_field=_has_field(session, at),
        namesakes=() if is_active else _namesakes(session, at, course, recipient.code),
        missed=missed,
        missed_numbers=numbers,
    )


def _at_site(session: Session, at: At, recipient: Recipient) -> tuple[bool | None, Mapping[str, Any]]:
    """Whether the site used the recipient, None where no version of that time was kept, and its settings: the first
    known where that is so."""
    rows = table(SiteRecipient).c
    query = sa.select(rows.id).where(rows.site_id == at.site_id, rows.recipient == recipient.code)
    row_id = session.connection().execute(query).scalar()
    if row_id is None:
        return False, {}
    then = _then(session, at, SettingsOf.SITE_RECIPIENT, row_id)
    if then:
        return bool(then.get("enabled")), then.get("settings", {})
    first = settings_history.first_kept(session, at.site_id, SettingsOf.SITE_RECIPIENT, row_id)
    if first is None or first.actor == settings_history.MIGRATION:
        return None, first.values.get("settings", {}) if first else {}
    return False, {}


def _course_then(session: Session, at: At, course: CourseRow) -> dict[str, Any]:
    then = _then(session, at, SettingsOf.COURSE, course.id)
    return dict(then.get("expiry", course.expiry))


def _then(session: Session, at: At, kind: SettingsOf, subject_id: UUID) -> Mapping[str, Any]:
    return settings_history.as_of(session, at.site_id, kind, [subject_id], at.instant).get(subject_id, {})


def _release(session: Session, at: At, course_id: UUID, recipient: str) -> Release | None:
    links, spans = table(CourseRecipient).c, table(RecipientInterval).c
    query = (
        sa.select(links.id, spans.added_at, spans.removed_at, spans.added_by)
        .join_from(table(CourseRecipient), table(RecipientInterval), spans.course_recipient_id == links.id)
        .where(links.site_id == at.site_id, links.course_id == course_id, links.recipient == recipient)
        .where(spans.site_id == at.site_id, spans.added_at <= at.instant)
        .order_by(spans.added_at)
    )
    found = session.connection().execute(query).all()
    if not found:
        return None
    intervals = tuple(Interval(one.added_at, _if_past(one.removed_at, at)) for one in found)
    then = _then(session, at, SettingsOf.COURSE_RECIPIENT, found[-1].id)
    return Release(
        is_active=intervals[-1].until is None,
        intervals=intervals,
        added_by=found[-1].added_by,
        reporting_period=then.get("reporting_period"),
        period_since=_period_since(session, at, course_id, found[-1].id, then),
        tracking=_tracking(then),
    )


def _period_since(session: Session, at: At, course_id: UUID, link_id: UUID, then: Mapping[str, Any]) -> datetime | None:
    """Where the course recipient has no period of its own, the course's rule of expiry decides."""
    subject = (
        (SettingsOf.COURSE_RECIPIENT, link_id, "reporting_period")
        if then.get("reporting_period")
        else (SettingsOf.COURSE, course_id, "expiry")
    )
    return settings_history.unchanged_since(session, at.site_id, *subject, at.instant)


def _if_past(instant: datetime | None, at: At) -> datetime | None:
    return instant if instant is not None and instant <= at.instant else None


def _tracking(then: Mapping[str, Any]) -> Tracking:
    day = then.get("tracked_confirmed_on")
    return Tracking(
        then.get("tracked"),
        then.get("tracked_confirmed_by"),
        date.fromisoformat(day) if day else None,
        then.get("tracked_note"),
    )


def _has_account(session: Session, at: At, recipient: Recipient) -> bool:
    if not isinstance(recipient, PullRecipient):
        return True
    rows = table(Credential).c
    query = sa.select(rows.id).where(
        rows.site_id == at.site_id,
        rows.kind == CredentialKind.RECIPIENT,
        rows.recipient == recipient.code,
        rows.created_at <= at.instant,
        sa.or_(rows.revoked_at.is_(None), rows.revoked_at > at.instant),
    )
    return session.connection().execute(query.limit(1)).first() is not None


def _has_field(session: Session, at: At) -> bool:
    rows = table(ProfileField).c
    query = sa.select(rows.id).where(rows.site_id == at.site_id, rows.created_at <= at.instant)
    return session.connection().execute(query.limit(1)).first() is not None


def _rhythm(session: Session, at: At, recipient: Recipient) -> Rhythm:
    """The first question of each of the last days, found along the index without reading those between, and the days
    on which the site did not let it ask."""
    if not isinstance(recipient, PullRecipient):
        return rhythm((), None, at.instant, at.zone)
    today = local_date(at.instant, at.zone)
    edges = [day_begins(today - timedelta(days=back), at.zone) for back in range(DAYS - 1, -1, -1)]
    spans = zip(edges, [*edges[1:], at.instant + timedelta(microseconds=1)], strict=True)
    moments = {f"{edge}{place}": day[edge] for place, day in enumerate(spans) for edge in (0, 1)}
    then = {"site_id": at.site_id, "recipient": recipient.code, "instant": at.instant}
    row = session.connection().execute(_ASKED, then | {f"edge{name}": value for name, value in moments.items()}).one()
    firsts, last_asked_at = [one for one in row[1:] if one is not None], row[0]
    if last_asked_at is None:
        return rhythm((), None, at.instant, at.zone)
    since = min(edges[0], last_asked_at)
    off = days_off(session, at.site_id, at.zone, recipient.code, since, at.instant)
    return rhythm(firsts, last_asked_at, at.instant, at.zone, off)


def _namesakes(session: Session, at: At, course: CourseRow, recipient: str) -> tuple[str, ...]:
    """Other courses of the same name that sent to the recipient then."""
    courses, links, spans = table(Course).c, table(CourseRecipient).c, table(RecipientInterval).c
    query = (
        sa.select(courses.shortname, courses.full_name)
        .join_from(table(CourseRecipient), table(Course), courses.id == links.course_id)
        .join(table(RecipientInterval), spans.course_recipient_id == links.id)
        .where(links.site_id == at.site_id, links.recipient == recipient, spans.added_at <= at.instant)
        .where(sa.or_(spans.removed_at.is_(None), spans.removed_at > at.instant))
        .where(courses.full_name == course.full_name, courses.id != course.id)
        .order_by(courses.id)
    )
    return tuple(shortname or full_name for shortname, full_name in session.connection().execute(query))


# The recipient is compared as an expression that no index has: the index by outcome leads to these alone, and the one
# by recipient to all questions.
_LATE = (
    sa.select(_INQUIRIES.oci_id, _INQUIRIES.asked_at)
    .where(
        same(_INQUIRIES.site_id),
        _INQUIRIES.outcome == Outcome.UNKNOWN_LEARNER,
        _INQUIRIES.asked_at > sa.bindparam("since", type_=_INQUIRIES.asked_at.type),
        until(_INQUIRIES.asked_at),
        _INQUIRIES.recipient.concat("") == sa.bindparam("recipient"),
    )
    .order_by(_INQUIRIES.asked_at.desc())
    .limit(MOST_MISSES)
    .subquery()
)
_MISSES = (
    sa.select(_LATE.c.oci_id, sa.func.count(), sa.func.max(_LATE.c.asked_at).label("last"))
    .group_by(_LATE.c.oci_id)
    .order_by(sa.desc("last"), _LATE.c.oci_id)
    .limit(MISSED)
)


class _Holding(NamedTuple):
    oci_id: OciId


_HELD = Rows(_Holding, LearnerOciId, lambda of: (same(of.site_id), among(of.oci_id), until(of.held_from)))


def _missed(session: Session, at: At, recipient: Recipient) -> tuple[Missed, ...]:
    """What the recipient asked for in the last days and nobody held, the latest first, without what somebody held or
    holds: that is theirs, and no slip of another's."""
    then = {"site_id": at.site_id, "instant": at.instant}
    asked = {**then, "since": at.instant - MISSED_LATELY, "recipient": recipient.code}
    found = [Missed(*row) for row in session.connection().execute(_MISSES, asked)]
    holdings = _HELD.read_pieces(session, [one.oci_id for one in found], **then)
    held = {one.oci_id for one in holdings}
    return tuple(one for one in found if one.oci_id not in held)
