"""${message}

Revision: ${up_revision}, after ${down_revision | comma,n}

Rules for a safe migration:
- it runs on SQLite and on PostgreSQL, and a test proves it on both with data;
- it adds first and removes in a later release, so that the previous version can still run beside it;
- it imports nothing from lrx: the tables of its day are spelt out here;
- no learning record, statement, voiding or audit entry is changed or deleted.
"""

import sqlalchemy as sa
from alembic import op
${imports if imports else ""}

revision = ${repr(up_revision)}
down_revision = ${repr(down_revision)}
branch_labels = ${repr(branch_labels)}
depends_on = ${repr(depends_on)}


def upgrade() -> None:
    ${upgrades if upgrades else "pass"}


def downgrade() -> None:
    ${downgrades if downgrades else "pass"}
