"""What a recipient asked about people: when it last asked for an OCI ID, and the latest questions about somebody."""

from collections import defaultdict
from collections.abc import Collection
from datetime import datetime, timedelta
from uuid import UUID

import sqlalchemy as sa
from sqlmodel import Session

from lrx.database import pieces
from lrx.diagnosis.facts import Asked, Situation
from lrx.diagnosis.reading.situations import At
from lrx.diagnosis.rhythm import DAYS
from lrx.models import Inquiry, LearnerOciId
from lrx.oci_id import OciId
from lrx.tables import among, same, table, until

__all__ = ["last_asked", "latest_inquiries"]

LATEST = 20
"""Most questions about one person that are looked at; what they asked before is in the inquiries."""

_INQUIRIES, _NUMBERS = table(Inquiry).c, table(LearnerOciId).c

_LAST_ASKED = (
    sa.select(
        _NUMBERS.oci_id,
        sa.select(sa.func.max(_INQUIRIES.asked_at))
        .where(
            same(_INQUIRIES.site_id),
            _INQUIRIES.oci_id == _NUMBERS.oci_id,
            until(_INQUIRIES.asked_at),
            same(_INQUIRIES.recipient),
        )
        .scalar_subquery(),
    )
    .where(same(_NUMBERS.site_id), among(_NUMBERS.oci_id))
    .distinct()
)

_RANKED = (
    sa.select(
        *(_INQUIRIES[name] for name in Asked._fields),
        sa.func.row_number()
        .over(partition_by=_INQUIRIES.learner_id, order_by=(_INQUIRIES.asked_at.desc(), _INQUIRIES.id.desc()))
        .label("place"),
    )
    .where(
        same(_INQUIRIES.site_id),
        _INQUIRIES.asked_at > sa.bindparam("since", type_=_INQUIRIES.asked_at.type),
        until(_INQUIRIES.asked_at),
        same(_INQUIRIES.recipient),
        among(_INQUIRIES.learner_id),
    )
    .subquery()
)
_LATEST = (
    sa.select(*(_RANKED.c[name] for name in Asked._fields))
    .where(_RANKED.c.place <= LATEST)
    .order_by(_RANKED.c.learner_id, _RANKED.c.place)
)


def last_asked(session: Session, at: At, situation: Situation, oci_ids: Collection[OciId]) -> dict[OciId, datetime]:
    """Return when the recipient last asked for each OCI ID: looked up at the end of the index for each."""
    then = {"site_id": at.site_id, "instant": at.instant, "recipient": situation.recipient.code}
    return {
        oci_id: asked_at
        for some in pieces(oci_ids)
        for oci_id, asked_at in session.connection().execute(_LAST_ASKED, {**then, "some": some})
        if asked_at is not None
    }


def latest_inquiries(
    session: Session, at: At, situation: Situation, learner_ids: Collection[UUID]
) -> defaultdict[UUID, list[Asked]]:
    """Return the latest questions about each person in the last days, newest first."""
    then = {"site_id": at.site_id, "instant": at.instant, "recipient": situation.recipient.code}
    since = at.instant - timedelta(days=DAYS)
    found: defaultdict[UUID, list[Asked]] = defaultdict(list)
    for some in pieces(learner_ids):
        for row in session.connection().execute(_LATEST, {**then, "since": since, "some": some}):
            found[row.learner_id].append(Asked(*row))
    return found
