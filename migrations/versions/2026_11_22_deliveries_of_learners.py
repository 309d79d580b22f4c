"""What a recipient may be shown of a learner is found in an index alone, without the deliveries themselves.

Revision: 0009, after 0008

A recipient asks for everybody, every night: what is read for each is read very often.
"""

from alembic import op

revision = "0009"
down_revision = "0008"
branch_labels = None
depends_on = None

BEFORE = "ix_delivery_site_id_learner_id_recipient"
AFTER = "ix_delivery_of_learner"
COLUMNS = ["site_id", "learner_id", "recipient"]
COVERED = ["subject_kind", "status", "subject_id"]


def upgrade() -> None:
    """Make the wider index, then drop the one it holds."""
    op.create_index(AFTER, "delivery", [*COLUMNS, *COVERED], unique=False)
    op.drop_index(BEFORE, table_name="delivery")


def downgrade() -> None:
    """Take the narrow one again."""
    op.create_index(BEFORE, "delivery", COLUMNS, unique=False)
    op.drop_index(AFTER, table_name="delivery")
