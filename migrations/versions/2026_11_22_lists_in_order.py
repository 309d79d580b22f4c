"""Indexes: voidings and expirations in the order of time, keys by age; one of names that nothing asks for is gone.

Revision: 0011, after 0010
"""

from alembic import op

revision = "0011"
down_revision = "0010"
branch_labels = None
depends_on = None

MADE = (
    ("voiding", ["site_id", "voided_at", "seq"]),
    ("expiration", ["site_id", "expired_at", "seq"]),
    ("idempotency_key", ["created_at"]),
)
GONE = ("learner", ["site_id", "family_name", "given_name"])


def upgrade() -> None:
    """Make three, drop one."""
    for table, columns in MADE:
        op.create_index(_name(table, columns), table, columns, unique=False)
    op.drop_index(_name(*GONE), table_name=GONE[0])


def downgrade() -> None:
    """Take them back."""
    op.create_index(_name(*GONE), *GONE, unique=False)
    for table, columns in MADE:
        op.drop_index(_name(table, columns), table_name=table)


def _name(table: str, columns: list[str]) -> str:
    return f"ix_{table}_{'_'.join(columns)}"
