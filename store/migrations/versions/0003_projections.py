"""Projections: checkpoints, what was put off or refused, generations, marks, floors and tasks.

Locks: nothing; it makes new tables.
"""

from __future__ import annotations

from alembic import op

from store.migrations.scripts import read_statements

revision = "0003"
down_revision = "0002"


def upgrade() -> None:
    for statement in read_statements("0003_projections.sql"):
        op.execute(statement)


def downgrade() -> None:
    raise RuntimeError("this migration is not taken back: a projection can be rebuilt, its tables cannot be missed")
