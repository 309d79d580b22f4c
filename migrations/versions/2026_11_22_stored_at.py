"""Learning records tell when they were stored, for those who copy what is new.

Revision: 0002, after 0001

A record made late of a statement that was parked keeps the time its claim reached us (`recorded_at`); `stored_at` is
when the record itself came in. Of the records there are, the first stands for the second: nothing else is known. That
fills a new column and changes no fact, so the guard of the facts steps aside for it and comes back.
"""

import sqlalchemy as sa
from alembic import op

revision = "0002"
down_revision = "0001"
branch_labels = None
depends_on = None


def upgrade() -> None:
    # The default is for the rows that are there: neither engine adds a column without one to a table that has rows.
    column = sa.Column(
        "stored_at", sa.DateTime(timezone=True), nullable=False, server_default="1970-01-01 00:00:00.000000"
    )
    op.add_column("learning_record", column)
    fill = "UPDATE learning_record SET stored_at = recorded_at"
    if op.get_bind().dialect.name == "postgresql":
        op.execute("ALTER TABLE learning_record DISABLE TRIGGER learning_record_is_a_fact")
        op.execute(fill)
        op.execute("ALTER TABLE learning_record ENABLE TRIGGER learning_record_is_a_fact")
        op.execute("ALTER TABLE learning_record ALTER COLUMN stored_at DROP DEFAULT")
    else:
        op.execute("DROP TRIGGER learning_record_refuses_update")
        op.execute(fill)
        op.execute(
            "CREATE TRIGGER learning_record_refuses_update BEFORE UPDATE ON learning_record "
            "BEGIN SELECT RAISE(ABORT, 'learning_record is never changed or deleted'); END"
        )
    op.create_index(
        op.f("ix_learning_record_site_id_stored_at_id"), "learning_record", ["site_id", "stored_at", "id"], unique=False
    )
