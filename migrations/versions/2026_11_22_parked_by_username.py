"""Parked statements are found by the user name of their account too, and by their mark alone.

Revision: 0012, after 0011
"""

import sqlalchemy as sa
from alembic import op

revision = "0012"
down_revision = "0011"
branch_labels = None
depends_on = None

TABLE = "parked_statement"
PIECE = 1_000
CUT = 200
"""A mark so long was cut, and ends in a digest: its name is not in it. The worker tries all that is parked anyway."""

_ROWS = sa.table(TABLE, sa.column("statement_seq"), sa.column("subject"), sa.column("username"))


def upgrade() -> None:
    """Take the names from the marks, `account:<home page>|<name>`."""
    op.add_column(TABLE, sa.Column("username", sa.String(200), nullable=True))
    connection, after = op.get_bind(), -1
    named = sa.select(_ROWS.c.statement_seq, _ROWS.c.subject).where(_ROWS.c.subject.like("account:%"))
    while some := connection.execute(
        named.where(_ROWS.c.statement_seq > after).order_by(_ROWS.c.statement_seq).limit(PIECE)
    ).all():
        names = {seq: subject.partition("|")[2].lower() for seq, subject in some if len(subject) < CUT}
        for seq, name in names.items():
            connection.execute(sa.update(_ROWS).where(_ROWS.c.statement_seq == seq).values(username=name[:CUT]))
        after = some[-1][0]
    for columns in (["site_id", "subject"], ["site_id", "username"]):
        op.create_index(f"ix_{TABLE}_{'_'.join(columns)}", TABLE, columns, unique=False)


def downgrade() -> None:
    """Forget the names."""
    for columns in (["site_id", "subject"], ["site_id", "username"]):
        op.drop_index(f"ix_{TABLE}_{'_'.join(columns)}", table_name=TABLE)
    op.drop_column(TABLE, "username")
