"""People of whom only the whole name is known are sorted, and found, by its last word.

Revision: 0008, after 0007

Names change nothing else: the previous version runs with them as they are, so there is nothing to take back.
"""

import unicodedata
from collections.abc import Iterator
from typing import Any

import sqlalchemy as sa
from alembic import op

revision = "0008"
down_revision = "0007"
branch_labels = None
depends_on = None

PIECE = 1_000

LEARNER = sa.table(
    "learner",
    *(sa.column(name, sa.Uuid()) for name in ("id", "site_id")),
    *(sa.column(name, sa.String()) for name in ("family_name", "given_name", "full_name", "username", "sort_name")),
)
ROSTER = sa.table(
    "course_learner",
    *(sa.column(name, sa.Uuid()) for name in ("site_id", "learner_id")),
    sa.column("sort_name", sa.String()),
)


def upgrade() -> None:
    """Sort everybody anew whose place changes, on the rosters too."""
    for some in _pieces():
        _write([(one, name) for one in some if (name := _sort_name(one)) != one.sort_name])


def downgrade() -> None:
    """Leave the names as they are."""


def _pieces() -> Iterator[list[Any]]:
    connection, columns = op.get_bind(), LEARNER.c
    query = sa.select(*columns).where(columns.full_name.is_not(None)).order_by(columns.id).limit(PIECE)
    rows = connection.execute(query).all()
    while rows:
        yield list(rows)
        rows = connection.execute(query.where(columns.id > rows[-1].id)).all()


def _write(changed: list[tuple[Any, str]]) -> None:
    given = [{"site": one.site_id, "which": one.id, "sorted": name} for one, name in changed]
    for names, learner in ((LEARNER, LEARNER.c.id), (ROSTER, ROSTER.c.learner_id)) if given else ():
        of = (names.c.site_id == sa.bindparam("site"), learner == sa.bindparam("which"))
        op.get_bind().execute(sa.update(names).where(*of).values(sort_name=sa.bindparam("sorted")), given)


def _sort_name(row: Any) -> str:
    family, given = row.family_name, row.given_name
    whole = row.full_name.split() if row.full_name else []
    if family and not given:
        given = " ".join(word for word in whole if _folded(word) not in _folded(family).split())
    elif not family and whole and "," not in "".join(whole):
        family, given = whole[-1], " ".join(whole[:-1])
    if family and given:
        return _folded(f"{family}, {given}")[:400]
    return _folded(row.full_name or family or row.given_name or row.username or str(row.id))[:400]


def _folded(words: str) -> str:
    letters = unicodedata.normalize("NFKD", unicodedata.normalize("NFKD", words).casefold())
    return "".join(letter for letter in letters if not unicodedata.combining(letter))
