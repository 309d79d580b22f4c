"""People of whom only the whole name is known are sorted, and found, by the family name in it.

Revision: 0008, after 0007

Names change nothing else: the previous version runs with them as they are, so there is nothing to take back.
"""

import re
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

TITLES = frozenset(("dr", "dre", "prof", "mr", "mrs", "ms", "miss", "mme", "mlle"))
ENDINGS = frozenset(
    ("md", "m.d", "phd", "ph.d", "pharmd", "rn", "np", "frcpc", "frcsc", "ccfp", "jr", "sr", "ii", "iii")
)
PARTICLES = frozenset(
    ("al", "bin", "da", "das", "de", "del", "della", "den", "der", "di", "dos", "du", "el", "la", "las")
)
PARTICLES |= {"los", "st", "ste", "ten", "ter", "van", "von"}
ASIDE = re.compile(r"\([^()]*\)")
WHOLE = re.compile("[\u3040-\u30ff\u3400-\u9fff\uac00-\ud7af]")

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
    family, given = _parts(row)
    if family and given:
        return _folded(f"{family}, {given}")[:400]
    shown = row.full_name or row.family_name or row.given_name or row.username or str(row.id)
    return _folded(family or shown)[:400]


def _parts(row: Any) -> tuple[str, str]:
    family, given = (row.family_name or "").strip(), (row.given_name or "").strip()
    whole = _without_titles(row.full_name or "")
    if family:
        own = [_bare(one) for one in family.split()]
        return family, given or " ".join(word for word in whole if _bare(word) not in own)
    if not whole or WHOLE.search("".join(whole)):
        return " ".join(whole), ""
    before, comma, behind = " ".join(whole).partition(",")
    if comma and behind.strip():
        return before.strip(), behind.strip()
    start = len(whole) - 1
    while start > 1 and _folded(whole[start - 1]) in PARTICLES:
        start -= 1
    return " ".join(whole[start:]).rstrip(","), " ".join(whole[:start])


def _without_titles(full_name: str) -> list[str]:
    words = ASIDE.sub(" ", full_name).split()
    while len(words) > 1 and _bare(words[0]) in TITLES:
        words = words[1:]
    while len(words) > 1 and _bare(words[-1]) in ENDINGS:
        words = words[:-1]
    return words


def _bare(word: str) -> str:
    return _folded(word).strip(".,").replace("’", "'")


def _folded(words: str) -> str:
    letters = unicodedata.normalize("NFKD", unicodedata.normalize("NFKD", words).casefold())
    return "".join(letter for letter in letters if not unicodedata.combining(letter))
