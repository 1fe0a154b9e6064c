"""Edges say whether their role was told, or chosen by the kind of their run.

Locks: `edges` for a moment, while its definition changes; no row is written. Roles that stand are taken to be told.
"""

from __future__ import annotations

from alembic import op

revision = "0006"
down_revision = "0005"


def upgrade() -> None:
    op.execute("ALTER TABLE edges ADD COLUMN own_role boolean NOT NULL DEFAULT true")


def downgrade() -> None:
    op.execute("ALTER TABLE edges DROP COLUMN own_role")
