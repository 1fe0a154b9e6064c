"""Whether a projection shows a write: one statement sees the checkpoint and all that it has passed unwritten."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from sqlalchemy.ext.asyncio import AsyncConnection

from domain.ids import WorkspaceID
from domain.positions import Position
from store.statements import load_statement

STANDING = load_statement("fetch_token_standing")


@dataclass(frozen=True, slots=True, kw_only=True)
class TokenStanding:
    """How a projection stands to a position in a workspace.

    `trusted` is false while the projection may have seen a record that is gone; `generation` is the one whose
    checkpoint this is; `bookmark` is what Neo4j must be read at; `unread_since` is when the oldest change that it has
    not taken was recorded.
    """

    checkpoint: Position
    record: Position
    epoch: int
    generation: int | None
    trusted: bool
    passed: bool
    pending: bool
    dead: bool
    bookmark: str | None
    unread_since: datetime | None

    @property
    def satisfied(self) -> bool:
        """Say that the projection shows all at or below the position."""
        return self.usable and self.passed and not self.pending and not self.dead

    @property
    def usable(self) -> bool:
        """Say that the projection may be asked at all."""
        return self.trusted and self.generation is not None


async def fetch_token_standing(
    conn: AsyncConnection, projection: str, workspace: WorkspaceID, position: Position | None
) -> TokenStanding | None:
    """Return how the projection stands to a position, or None where no process ever had it in its settings.

    Must be asked of the primary: a replica's checkpoint and outbox are older.
    """
    values = {"projection": projection, "workspace": workspace, "position": position}
    row = (await conn.execute(STANDING, values)).one_or_none()
    if row is None:
        return None
    return TokenStanding(
        checkpoint=Position(row.checkpoint),
        record=Position(row.safe),
        epoch=row.epoch,
        generation=row.generation,
        trusted=row.trusted and row.same_server,
        passed=row.passed,
        pending=row.pending,
        dead=row.dead,
        bookmark=row.bookmark,
        unread_since=row.unread_since,
    )
