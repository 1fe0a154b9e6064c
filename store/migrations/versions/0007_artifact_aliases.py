"""Files of runs have aliases: names that move from one version at a path to another.

Locks: nothing but `runs` and `artifacts` for a moment, while the new table refers to them; no row is written.
"""

from __future__ import annotations

from alembic import op

revision = "0007"
down_revision = "0006"


def upgrade() -> None:
    op.execute(
        """
        CREATE TABLE artifact_aliases (
            workspace uuid NOT NULL,
            artifact uuid NOT NULL,
            alias text COLLATE "C" NOT NULL,
            run uuid NOT NULL,
            set_at timestamptz NOT NULL DEFAULT now(),
            CONSTRAINT pk_artifact_aliases PRIMARY KEY (workspace, artifact, alias),
            CONSTRAINT fk_artifact_aliases_workspace_run FOREIGN KEY (workspace, run) REFERENCES runs (workspace, id),
            CONSTRAINT fk_artifact_aliases_workspace_artifact FOREIGN KEY (workspace, artifact)
                REFERENCES artifacts (workspace, id) ON DELETE CASCADE
        )
        """
    )
    op.execute("CREATE INDEX ix_artifact_aliases_run ON artifact_aliases (workspace, run, alias)")


def downgrade() -> None:
    op.execute("DROP TABLE artifact_aliases")
