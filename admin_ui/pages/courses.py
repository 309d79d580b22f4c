"""The courses of the site, and the recipients that get their records."""

from collections import defaultdict
from collections.abc import Mapping
from dataclasses import dataclass
from urllib.parse import urlencode
from uuid import UUID

import sqlalchemy as sa
from sqlmodel import Session, col, select
from starlette.responses import Response

from admin_ui.navigation import HOME
from admin_ui.rendering import render
from admin_ui.visit import Visit
from lrx.access import Act
from lrx.models import Course, CourseRecipient
from lrx.recipient import Recipient

__all__ = ["CourseRow", "CoursesPage", "show"]

PAGE = 50


@dataclass(frozen=True, slots=True)
class CourseRow:
    """One course; `recipients` are the titles of those it sends to now."""

    full_name: str
    shortname: str | None
    recipients: tuple[str, ...]
    address: str


@dataclass(frozen=True, slots=True)
class CoursesPage:
    """One page of the list."""

    rows: tuple[CourseRow, ...]
    next_address: str | None
    first_address: str | None


async def show(visit: Visit) -> Response:
    """Fifty courses, by name."""
    act, after = visit.act, visit.request.query_params.get("after", "")
    page = await visit.exchange.database.read(
        lambda session: _page(session, act, visit.exchange.recipients, after_of(after))
    )
    return render(visit, "courses.html", page)


def after_of(written: str) -> UUID | None:
    """Return the place in a list that an address names; None for the beginning, and for anything else."""
    try:
        return UUID(written)
    except ValueError:
        return None


def _page(session: Session, act: Act, recipients: Mapping[str, Recipient], after: UUID | None) -> CoursesPage:
    query = select(Course).where(Course.site_id == act.site_id)
    if after is not None:
        name = select(Course.full_name).where(Course.site_id == act.site_id, Course.id == after).scalar_subquery()
        place = sa.tuple_(col(Course.full_name), col(Course.id))
        query = query.where(place > sa.tuple_(name, sa.literal(after, sa.Uuid())))
    found = session.exec(query.order_by(col(Course.full_name), col(Course.id)).limit(PAGE + 1)).all()
    shown = found[:PAGE]
    titles: defaultdict[UUID, list[str]] = defaultdict(list)
    for course_id, code in session.exec(
        select(col(CourseRecipient.course_id), col(CourseRecipient.recipient))
        .where(
            CourseRecipient.site_id == act.site_id,
            col(CourseRecipient.course_id).in_([course.id for course in shown]),
            CourseRecipient.active,
        )
        .order_by(col(CourseRecipient.recipient))
    ):
        titles[course_id].append(recipients[code].title if code in recipients else code)
    return CoursesPage(
        rows=tuple(
            CourseRow(
                course.full_name,
                course.shortname,
                tuple(titles[course.id]),
                f"{HOME}/{course.id}/learning-records",
            )
            for course in shown
        ),
        next_address=f"?{urlencode({'after': str(shown[-1].id)})}" if len(found) > PAGE else None,
        first_address=HOME if after else None,
    )
