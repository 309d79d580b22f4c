"""A delivery excluded for the source of its record says which source, in the word of diagnoses and reports.

Revision: 0010, after 0009

The previous version reads the reason as it finds it, so there is nothing it could not live with.
"""

from alembic import op

revision = "0010"
down_revision = "0009"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Take the source from the record."""
    op.execute(
        "UPDATE delivery SET reason = (SELECT 'source_' || learning_record.source FROM learning_record"
        " WHERE learning_record.id = delivery.subject_id)"
        " WHERE status = 'excluded' AND reason = 'source_not_sent' AND subject_kind = 'record'"
    )


def downgrade() -> None:
    """Say of every source that it is not sent."""
    op.execute(
        "UPDATE delivery SET reason = 'source_not_sent'"
        " WHERE status = 'excluded' AND reason IN ('source_csv_upload', 'source_equivalency')"
    )
