"""Diagnoses and sweeps are kept.

Revision: 0007, after 0006
"""

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql

revision = "0007"
down_revision = "0006"
branch_labels = None
depends_on = None


def upgrade() -> None:
    json = sa.JSON().with_variant(postgresql.JSONB(), "postgresql")
    instant = sa.DateTime(timezone=True)
    op.create_table(
        "diagnosis",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("site_id", sa.Uuid(), nullable=False),
        sa.Column("learner_id", sa.Uuid(), nullable=False),
        sa.Column("course_id", sa.Uuid(), nullable=False),
        sa.Column("recipient", sa.String(length=40), nullable=False),
        sa.Column("as_of", instant, nullable=False),
        sa.Column("made_at", instant, nullable=False),
        sa.Column("actor", sa.String(length=120), nullable=False),
        sa.Column("request_id", sa.String(length=64), nullable=False),
        sa.Column("state", sa.String(length=40), nullable=False),
        sa.Column("check", sa.String(length=10), nullable=True),
        sa.Column("reason", sa.String(length=60), nullable=True),
        sa.Column("turn", sa.String(length=40), nullable=False),
        sa.Column("content", json, nullable=False),
        sa.Column("previous_id", sa.Uuid(), nullable=True),
        sa.ForeignKeyConstraint(["course_id"], ["course.id"], name=op.f("fk_diagnosis_course_id")),
        sa.ForeignKeyConstraint(["learner_id"], ["learner.id"], name=op.f("fk_diagnosis_learner_id")),
        sa.ForeignKeyConstraint(["previous_id"], ["diagnosis.id"], name=op.f("fk_diagnosis_previous_id")),
        sa.ForeignKeyConstraint(["site_id"], ["site.id"], name=op.f("fk_diagnosis_site_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_diagnosis")),
    )
    op.create_index(op.f("ix_diagnosis_site_id_made_at_id"), "diagnosis", ["site_id", "made_at", "id"])
    op.create_index(
        op.f("ix_diagnosis_site_id_learner_id_course_id_recipient_made_at"),
        "diagnosis",
        ["site_id", "learner_id", "course_id", "recipient", "made_at"],
    )
    op.create_table(
        "sweep",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("site_id", sa.Uuid(), nullable=False),
        sa.Column("course_id", sa.Uuid(), nullable=False),
        sa.Column("recipient", sa.String(length=40), nullable=False),
        sa.Column("as_of", instant, nullable=False),
        sa.Column("made_at", instant, nullable=False),
        sa.Column("actor", sa.String(length=120), nullable=False),
        sa.Column("learners", sa.Integer(), nullable=False),
        sa.Column("groups", json, nullable=False),
        sa.ForeignKeyConstraint(["course_id"], ["course.id"], name=op.f("fk_sweep_course_id")),
        sa.ForeignKeyConstraint(["site_id"], ["site.id"], name=op.f("fk_sweep_site_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_sweep")),
    )
    op.create_index(op.f("ix_sweep_site_id_made_at_id"), "sweep", ["site_id", "made_at", "id"])
    op.create_index(op.f("ix_sweep_site_id_course_id_made_at"), "sweep", ["site_id", "course_id", "made_at"])
