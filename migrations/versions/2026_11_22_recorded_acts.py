"""What was done, set and told: records let expire and courses reset, versions of settings, whether recipients follow a
course, OCI IDs that uploads gave and that were refused, and whether a site tells others of its completions.

Revision: 0005, after 0004

The settings there are become the first version of each, as of when they were made, or last changed where only that is
known.
"""

from collections.abc import Mapping
from typing import Any

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql

revision = "0005"
down_revision = "0004"
branch_labels = None
depends_on = None


# Rows that are facts. The database itself refuses to change or remove one.
FACTS = ("settings_version", "expiration", "course_reset")

NUMBER = sa.BigInteger().with_variant(sa.Integer(), "sqlite")
JSON = sa.JSON(none_as_null=True).with_variant(postgresql.JSONB(none_as_null=True), "postgresql")
INSTANT = sa.DateTime(timezone=True)

# What is kept of each kind of subject, and the column that says since when.
KEPT: Mapping[str, tuple[str, Mapping[str, Any]]] = {
    "site_recipient": ("updated_at", {"enabled": sa.Boolean(), "settings": JSON}),
    "course_recipient": (
        "created_at",
        {
            "active": sa.Boolean(),
            "settings": JSON,
            "reporting_period": JSON,
            "tracked": sa.Boolean(),
            "tracked_confirmed_by": sa.String(),
            "tracked_confirmed_on": sa.Date(),
            "tracked_note": sa.String(),
        },
    ),
    "course": (
        "created_at",
        {
            "full_name": sa.String(),
            "shortname": sa.String(),
            "expiry": JSON,
            "recertification_window": JSON,
            "repeats": sa.String(),
        },
    ),
}


def upgrade() -> None:
    _add_tells_completions()
    _add_tracking()
    _create_settings_version()
    _keep_first_versions()
    _create_course_reset()
    _create_expiration()
    _add_reset_to_voiding()
    _create_refused_oci_id()
    _make_immutable()


def _add_tells_completions() -> None:
    # The default is for the rows that are there.
    op.add_column("site", sa.Column("tells_completions", sa.Boolean(), nullable=False, server_default=sa.false()))
    if op.get_bind().dialect.name == "postgresql":
        op.execute("ALTER TABLE site ALTER COLUMN tells_completions DROP DEFAULT")


def _add_tracking() -> None:
    for column in (
        sa.Column("tracked", sa.Boolean(), nullable=True),
        sa.Column("tracked_confirmed_by", sa.String(length=200), nullable=True),
        sa.Column("tracked_confirmed_on", sa.Date(), nullable=True),
        sa.Column("tracked_note", sa.String(length=1000), nullable=True),
    ):
        op.add_column("course_recipient", column)


def _create_settings_version() -> None:
    op.create_table(
        "settings_version",
        sa.Column("seq", NUMBER, nullable=False),
        sa.Column("site_id", sa.Uuid(), nullable=False),
        sa.Column("subject_kind", sa.String(length=40), nullable=False),
        sa.Column("subject_id", sa.Uuid(), nullable=False),
        sa.Column("values", JSON, nullable=False),
        sa.Column("changed_at", INSTANT, nullable=False),
        sa.Column("actor", sa.String(length=120), nullable=False),
        sa.ForeignKeyConstraint(["site_id"], ["site.id"], name=op.f("fk_settings_version_site_id")),
        sa.PrimaryKeyConstraint("seq", name=op.f("pk_settings_version")),
    )
    op.create_index(
        "ix_settings_version_as_of",
        "settings_version",
        ["site_id", "subject_kind", "subject_id", "changed_at", "seq"],
        unique=False,
    )
    _index("settings_version", "site_id", "changed_at", "seq")


def _keep_first_versions() -> None:
    versions = _table(
        "settings_version", site_id=sa.Uuid(), subject_kind=sa.String(), subject_id=sa.Uuid(), values=JSON,
        changed_at=INSTANT, actor=sa.String(),
    )  # fmt: skip
    for kind, (since, kept) in KEPT.items():
        subjects = _table(kind, id=sa.Uuid(), site_id=sa.Uuid(), **{since: INSTANT}, **kept)
        columns = subjects.c
        found = op.get_bind().execute(sa.select(subjects).order_by(columns[since], columns.id)).mappings().all()
        rows = [
            {
                "site_id": one["site_id"],
                "subject_kind": kind,
                "subject_id": one["id"],
                "values": {name: one[name] for name in kept},
                "changed_at": one[since],
                "actor": "system:migration",
            }
            for one in found
        ]
        if rows:
            op.get_bind().execute(sa.insert(versions), rows)


def _create_course_reset() -> None:
    op.create_table(
        "course_reset",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("site_id", sa.Uuid(), nullable=False),
        sa.Column("course_id", sa.Uuid(), nullable=False),
        sa.Column("mode", sa.String(length=40), nullable=False),
        sa.Column("completed_before", INSTANT, nullable=True),
        sa.Column("reason", sa.String(length=1000), nullable=False),
        sa.Column("actor", sa.String(length=120), nullable=False),
        sa.Column("reset_at", INSTANT, nullable=False),
        sa.Column("records", sa.Integer(), nullable=False),
        sa.Column("job_id", sa.Uuid(), nullable=True),
        sa.ForeignKeyConstraint(["course_id"], ["course.id"], name=op.f("fk_course_reset_course_id")),
        sa.ForeignKeyConstraint(["job_id"], ["job.id"], name=op.f("fk_course_reset_job_id")),
        sa.ForeignKeyConstraint(["site_id"], ["site.id"], name=op.f("fk_course_reset_site_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_course_reset")),
    )
    _index("course_reset", "site_id", "course_id", "reset_at", "id")


def _create_expiration() -> None:
    op.create_table(
        "expiration",
        sa.Column("seq", NUMBER, nullable=False),
        sa.Column("site_id", sa.Uuid(), nullable=False),
        sa.Column("record_id", sa.Uuid(), nullable=False),
        sa.Column("expired", sa.Boolean(), nullable=False),
        sa.Column("reason", sa.String(length=1000), nullable=False),
        sa.Column("actor", sa.String(length=120), nullable=False),
        sa.Column("expired_at", INSTANT, nullable=False),
        sa.Column("reset_id", sa.Uuid(), nullable=True),
        sa.ForeignKeyConstraint(["record_id"], ["learning_record.id"], name=op.f("fk_expiration_record_id")),
        sa.ForeignKeyConstraint(["reset_id"], ["course_reset.id"], name=op.f("fk_expiration_reset_id")),
        sa.ForeignKeyConstraint(["site_id"], ["site.id"], name=op.f("fk_expiration_site_id")),
        sa.PrimaryKeyConstraint("seq", name=op.f("pk_expiration")),
    )
    _index("expiration", "site_id", "record_id", "seq")
    _index("expiration", "site_id", "reset_id", "seq")


def _add_reset_to_voiding() -> None:
    # In one statement, for SQLite adds no foreign key to a column that is there.
    kind = "UUID" if op.get_bind().dialect.name == "postgresql" else "CHAR(32)"
    op.execute(
        f"ALTER TABLE voiding ADD COLUMN reset_id {kind} CONSTRAINT fk_voiding_reset_id REFERENCES course_reset (id)"
    )
    _index("voiding", "site_id", "reset_id", "seq")


def _create_refused_oci_id() -> None:
    op.create_table(
        "refused_oci_id",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("site_id", sa.Uuid(), nullable=False),
        sa.Column("learner_id", sa.Uuid(), nullable=False),
        sa.Column("typed", sa.String(length=200), nullable=False),
        sa.Column("reason", sa.String(length=60), nullable=False),
        sa.Column("hint", sa.String(length=200), nullable=True),
        sa.Column("origin", sa.String(length=120), nullable=False),
        sa.Column("actor", sa.String(length=120), nullable=False),
        sa.Column("refused_at", INSTANT, nullable=False),
        sa.ForeignKeyConstraint(["learner_id"], ["learner.id"], name=op.f("fk_refused_oci_id_learner_id")),
        sa.ForeignKeyConstraint(["site_id"], ["site.id"], name=op.f("fk_refused_oci_id_site_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_refused_oci_id")),
    )
    _index("refused_oci_id", "site_id", "learner_id", "refused_at", "id")


def _index(table: str, *columns: str) -> None:
    op.create_index(op.f(f"ix_{table}_{'_'.join(columns)}"), table, list(columns), unique=False)


def _table(name: str, **columns: Any) -> Any:
    return sa.table(name, *(sa.column(column, kind) for column, kind in columns.items()))


def _make_immutable() -> None:
    for table in FACTS:
        if op.get_bind().dialect.name == "postgresql":
            op.execute(
                f"CREATE TRIGGER {table}_is_a_fact BEFORE UPDATE OR DELETE ON {table} "
                "FOR EACH ROW EXECUTE FUNCTION refuse_change()"
            )
            op.execute(
                f"CREATE TRIGGER {table}_is_never_emptied BEFORE TRUNCATE ON {table} "
                "FOR EACH STATEMENT EXECUTE FUNCTION refuse_change()"
            )
            continue
        for change in ("UPDATE", "DELETE"):
            op.execute(
                f"CREATE TRIGGER {table}_refuses_{change.lower()} BEFORE {change} ON {table} "
                f"BEGIN SELECT RAISE(ABORT, '{table} is never changed or deleted'); END"
            )
