"""Functions that open and close a writing transaction, each in one round trip.

Locks: nothing.
"""

from __future__ import annotations

from alembic import op

from store.migrations.scripts import read_statements

revision = "0005"
down_revision = "0004"


def upgrade() -> None:
    for statement in read_statements("0005_write_functions.sql"):
        op.execute(statement)


def downgrade() -> None:
    op.execute("DROP FUNCTION save_counters, open_write, begin_write")
