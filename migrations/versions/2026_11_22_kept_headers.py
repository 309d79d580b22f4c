"""Answers kept for an Idempotency-Key keep their headers, and lists that others copy are found by their times.

Revision: 0004, after 0003
"""

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql

revision = "0004"
down_revision = "0003"
branch_labels = None
depends_on = None

COPIED = (
    ("learner", "updated_at", "id"),
    ("delivery", "changed_at", "id"),
    ("inquiry", "asked_at", "id"),
    ("audit_entry", "written_at", "seq"),
)


def upgrade() -> None:
    json = sa.JSON().with_variant(postgresql.JSONB(), "postgresql")
    op.add_column("idempotency_key", sa.Column("headers", json, nullable=True))
    for table, time, key in COPIED:
        op.create_index(op.f(f"ix_{table}_site_id_{time}_{key}"), table, ["site_id", time, key], unique=False)
