"""Rosters of courses, and names folded for sorting and searching.

Revision: 0006, after 0005

Names are folded here as the product does it, in Python, so that both engines agree; learners are gone through in
pieces.
"""

import unicodedata
from typing import Any

import sqlalchemy as sa
from alembic import op

revision = "0006"
down_revision = "0005"
branch_labels = None
depends_on = None

PIECE = 1_000

INDEXES = (
    ("learner", None, ["site_id", "sort_name"]),
    ("learner", None, ["site_id", "email_folded"]),
    ("learner", None, ["site_id", "idnumber"]),
    ("course_learner", None, ["site_id", "course_id", "sort_name", "learner_id"]),
    ("course_learner", "with_record", ["site_id", "course_id", "has_course_record", "sort_name", "learner_id"]),
)

JOIN_ROSTERS = """
    INSERT INTO course_learner (site_id, course_id, learner_id, sort_name, has_course_record)
    SELECT learner.site_id, seen.course_id, learner.id, learner.sort_name, seen.of_course = 1
    FROM (
        SELECT learner_id, course_id, MAX(of_course) AS of_course FROM (
            SELECT learner_id, course_id, CASE WHEN activity_id IS NULL THEN 1 ELSE 0 END AS of_course
            FROM learning_record
            UNION ALL
            SELECT learner_id, course_id, 0 FROM observation
        ) each_one GROUP BY learner_id, course_id
    ) seen JOIN learner ON learner.id = seen.learner_id
    """


def upgrade() -> None:
    # By code points on either engine, so that the index gives the order.
    folded = sa.String(length=400).with_variant(sa.String(length=400, collation="C"), "postgresql")
    # The default is for the rows that are there: neither engine adds a column without one to a table that has rows.
    op.add_column("learner", sa.Column("sort_name", folded, nullable=False, server_default=""))
    op.add_column("learner", sa.Column("email_folded", sa.String(length=320), nullable=True))
    op.create_table(
        "course_learner",
        sa.Column("seq", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("site_id", sa.Uuid(), nullable=False),
        sa.Column("course_id", sa.Uuid(), nullable=False),
        sa.Column("learner_id", sa.Uuid(), nullable=False),
        sa.Column("sort_name", folded, nullable=False),
        sa.Column("has_course_record", sa.Boolean(), nullable=False),
        sa.ForeignKeyConstraint(["course_id"], ["course.id"], name=op.f("fk_course_learner_course_id")),
        sa.ForeignKeyConstraint(["learner_id"], ["learner.id"], name=op.f("fk_course_learner_learner_id")),
        sa.ForeignKeyConstraint(["site_id"], ["site.id"], name=op.f("fk_course_learner_site_id")),
        sa.PrimaryKeyConstraint("seq", name=op.f("pk_course_learner")),
        sa.UniqueConstraint(
            "site_id", "learner_id", "course_id", name=op.f("uq_course_learner_site_id_learner_id_course_id")
        ),
    )
    _fold_names()
    op.execute(JOIN_ROSTERS)
    if op.get_bind().dialect.name == "postgresql":
        op.execute("ALTER TABLE learner ALTER COLUMN sort_name DROP DEFAULT")
    for table, name, columns in INDEXES:
        op.create_index(op.f(f"ix_{table}_{name or '_'.join(columns)}"), table, columns, unique=False)


def _fold_names() -> None:
    connection = op.get_bind()
    learner = sa.table(
        "learner",
        sa.column("id", sa.Uuid()),
        *(sa.column(name, sa.String()) for name in ("family_name", "given_name", "full_name", "username", "email")),
        *(sa.column(name, sa.String()) for name in ("sort_name", "email_folded")),
    ).c
    parts = (learner.id, learner.family_name, learner.given_name, learner.full_name, learner.username, learner.email)
    after: Any = None
    while True:
        query = sa.select(*parts).order_by(learner.id).limit(PIECE)
        rows = connection.execute(query if after is None else query.where(learner.id > after)).all()
        if not rows:
            return
        change = sa.update(learner.id.table).where(learner.id == sa.bindparam("which"))
        change = change.values(sort_name=sa.bindparam("sorted"), email_folded=sa.bindparam("address"))
        connection.execute(
            change, [{"which": row.id, "sorted": _sort_name(row), "address": _address(row.email)} for row in rows]
        )
        after = rows[-1].id


def _sort_name(row: Any) -> str:
    if row.family_name and row.given_name:
        return _folded(f"{row.family_name}, {row.given_name}")[:400]
    return _folded(row.full_name or row.family_name or row.given_name or row.username or str(row.id))[:400]


def _folded(words: str) -> str:
    letters = unicodedata.normalize("NFKD", unicodedata.normalize("NFKD", words).casefold())
    return "".join(letter for letter in letters if not unicodedata.combining(letter))


def _address(email: str | None) -> str | None:
    return email.strip().casefold()[:320] if email else None
