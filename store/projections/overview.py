"""How every projection is doing: for `/metrics`, the status page and the command line."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from sqlalchemy.ext.asyncio import AsyncConnection

from domain.positions import Position
from store.statements import load_statement

OVERVIEW = load_statement("fetch_projection_overview")
MOST_ROWS_COUNTED = 100_000


@dataclass(frozen=True, slots=True, kw_only=True)
class ProjectionOverview:
    """One projection. Lag is what is committed and not yet taken, below the oldest unfinished transaction."""

    name: str
    checkpoint: Position
    record: Position
    trusted: bool
    generation: int | None
    leader: str | None
    leader_since: datetime | None
    lag_rows: int
    lag_seconds: float
    pending: int
    dead_letters: int
    waits_for: str | None
    waits_since: datetime | None
    last_error: str | None


async def fetch_overview(conn: AsyncConnection) -> list[ProjectionOverview]:
    """Return all projections that were ever configured, by name; rows are counted to a hundred thousand."""
    rows = (await conn.execute(OVERVIEW, {"most": MOST_ROWS_COUNTED})).mappings()
    return [ProjectionOverview(**row) for row in rows]
