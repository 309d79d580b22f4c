"""Who and what a diagnosis is about, as a reply has to name them.

OCI IDs and questions are read for the instant that was judged. Names, the e-mail address, the learner's language, the
course and the site are those of now: a reply is sent today.
"""

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any, NamedTuple
from uuid import UUID
from zoneinfo import ZoneInfo

import sqlalchemy as sa
from sqlmodel import Session

from lrx.access import Act
from lrx.diagnosis.finding import State
from lrx.diagnosis.rhythm import DAYS
from lrx.models import Course, Inquiry, KeptDiagnosis, Learner, LearnerOciId, Site
from lrx.oci_id import OciId
from lrx.recipient import Outcome, PullRecipient, Recipient
from lrx.tables import table
from lrx.text import LANGUAGES, Language

__all__ = ["Learning", "Matter", "Person", "Questioned", "asked_ids", "read_matter", "reference_of"]

OF_NOBODY = frozenset({Outcome.UNKNOWN_LEARNER, Outcome.COLLEGE_NOT_SERVED})
"""How questions end that are kept without a learner."""
NONE_HELD = frozenset({State.FAIL, State.WARN})
"""How the check ends that asks for an OCI ID where the learner holds none."""
LATEST = 10
"""Most questions of a recipient that a letter tells of."""


class Person(NamedTuple):
    """The learner. `name` is as people are addressed, None where only the user name is known."""

    id: UUID
    name: str | None
    username: str | None
    email: str | None
    idnumber: str | None
    oci_ids: tuple[str, ...]


class Learning(NamedTuple):
    """The course."""

    id: UUID
    full_name: str
    shortname: str | None
    idnumber: str | None


class Questioned(NamedTuple):
    """A question of the recipient about the learner or the OCI ID meant, and how it ended."""

    id: UUID
    asked_at: datetime
    oci_id: OciId | None
    course: str | None
    outcome: Outcome
    code: str | None
    record_ids: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Matter:
    """What replies name beside what the diagnosis itself says.

    `reference` is what people quote, `asks` says whether the recipient asks or is told, `language` is the learner's
    own, and `questions` begin with the latest.
    """

    diagnosis_id: UUID
    as_of: datetime
    zone: ZoneInfo
    site: str
    recipient: str
    recipient_code: str
    asks: bool
    learner: Person
    course: Learning
    language: Language
    questions: tuple[Questioned, ...]

    @property
    def reference(self) -> str:
        """The short form of the id."""
        return reference_of(self.diagnosis_id)


def reference_of(diagnosis_id: UUID) -> str:
    """The short form of a diagnosis's id, for people to quote: the instant it was made, to the millisecond, and the end
    of the id, which tells those of one instant apart."""
    written = str(diagnosis_id)
    return f"{written[:13]}-{written[-4:]}"


def asked_ids(content: Mapping[str, Any]) -> tuple[str, ...]:
    """The OCI IDs a written diagnosis says the recipient asks for in place of the one held, the likeliest first."""
    found: list[str] = []
    for check in ("C4", "C5"):
        facts = content["checks"].get(check, {}).get("facts", {})
        found += [one["oci_id"] for one in facts.get("near", ())]
        found += [facts["asked"]] if facts.get("asked") else []
    return tuple(dict.fromkeys(found))


def read_matter(session: Session, act: Act, kept: KeptDiagnosis, recipient: Recipient) -> Matter:
    """Return what replies about the diagnosis name."""
    learners, courses, sites = table(Learner).c, table(Course).c, table(Site).c
    run = session.connection().execute
    learner = run(sa.select(*learners).where(learners.site_id == act.site_id, learners.id == kept.learner_id)).one()
    course = run(
        sa.select(*(courses[name] for name in Learning._fields)).where(
            courses.site_id == act.site_id, courses.id == kept.course_id
        )
    ).one()
    site = run(sa.select(sites.name, sites.language).where(sites.id == act.site_id)).one()
    parts = " ".join(filter(None, (learner.given_name, learner.family_name)))
    held = _held(session, act, kept)
    return Matter(
        diagnosis_id=kept.id,
        as_of=kept.as_of,
        zone=act.zone,
        site=site.name,
        recipient=recipient.title,
        recipient_code=recipient.code,
        asks=isinstance(recipient, PullRecipient),
        learner=Person(
            learner.id,
            parts or learner.full_name,
            learner.username,
            learner.email,
            learner.idnumber,
            tuple(map(str, held)),
        ),
        course=Learning(*course),
        language=_language(learner.language, site.language),
        questions=_questions(session, act, kept, held),
    )


def _language(*known: str | None) -> Language:
    """The first that we speak; `fr_ca` is French."""
    spoken = (one.lower()[:2] for one in known if one)
    return next((language for one in spoken for language in LANGUAGES if language == one), "en")


def _held(session: Session, act: Act, kept: KeptDiagnosis) -> Sequence[OciId]:
    """As the diagnosis found it; looked up for one that does not tell, as of its instant."""
    found = kept.content["checks"].get("C1", {})
    if found.get("state") in NONE_HELD:
        return ()
    if told := found.get("facts", {}).get("oci_ids"):
        return [OciId.parse(one) for one in told]
    rows = table(LearnerOciId).c
    query = (
        sa.select(rows.oci_id)
        .where(
            rows.site_id == act.site_id,
            rows.learner_id == kept.learner_id,
            rows.held_from <= kept.as_of,
            sa.or_(rows.held_until.is_(None), rows.held_until > kept.as_of),
        )
        .order_by(rows.is_primary.desc(), rows.held_from)
    )
    return session.connection().execute(query).scalars().all()


def _questions(session: Session, act: Act, kept: KeptDiagnosis, held: Sequence[OciId]) -> tuple[Questioned, ...]:
    """About the learner, about what is held now though nobody was found by it, and about the OCI ID asked for in its
    place."""
    rows = table(Inquiry).c
    found = set(_asked(session, act, kept, rows.learner_id, [kept.learner_id]))
    found |= {one for one in _asked(session, act, kept, rows.oci_id, held) if one.outcome in OF_NOBODY}
    found |= set(_asked(session, act, kept, rows.oci_id, [OciId.parse(one) for one in asked_ids(kept.content)[:1]]))
    latest = sorted(found, key=lambda one: (one.asked_at, one.id), reverse=True)
    return tuple(latest[:LATEST])


def _asked(
    session: Session, act: Act, kept: KeptDiagnosis, column: Any, among: Collection[object]
) -> Sequence[Questioned]:
    rows = table(Inquiry).c
    query = (
        sa.select(*(rows[name] for name in Questioned._fields))
        .where(
            rows.site_id == act.site_id,
            column.in_(among),
            rows.recipient == kept.recipient,
            rows.asked_at > kept.as_of - timedelta(days=DAYS),
            rows.asked_at <= kept.as_of,
        )
        .order_by(rows.asked_at.desc(), rows.id.desc())
        .limit(LATEST)
    )
    return [
        Questioned(one.id, one.asked_at, one.oci_id, one.course, one.outcome, one.code, tuple(one.record_ids))
        for one in session.connection().execute(query)
    ]
