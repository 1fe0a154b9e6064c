"""The record: workspaces, experiments, runs and what stands on them, lineage nodes, the outbox.

Locks: nothing; it makes an empty database's tables.
"""

from __future__ import annotations

from alembic import op

from store.migrations.scripts import read_statements

revision = "0001"
down_revision = None


def upgrade() -> None:
    for statement in read_statements("0001_the_record.sql"):
        op.execute(statement)


def downgrade() -> None:
    raise RuntimeError("the first migration is not taken back: drop the database")
