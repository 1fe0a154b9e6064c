"""Checkpoints of projections: who leads, how far all is written, and whether it may be believed."""

from __future__ import annotations

from dataclasses import dataclass

import asyncpg
from sqlalchemy.ext.asyncio import AsyncConnection

from domain.errors import Conflict
from domain.positions import Position
from store.database import Database
from store.projections.snapshots import change_progress

REGISTER = """
INSERT INTO projections (name, checkpoint)
SELECT $1, (number << 48) + pg_snapshot_xmin(pg_current_snapshot())::text::bigint - 1 FROM incarnation
ON CONFLICT (name) DO UPDATE SET configured_at = clock_timestamp()
"""
LEAD = """
UPDATE projections SET term = term + 1, leader = $2, leader_since = clock_timestamp(), waits_since = NULL,
       waits_for = NULL
WHERE name = $1 RETURNING term
"""
FETCH = "SELECT checkpoint, term, epoch, trusted FROM projections WHERE name = $1"
MOVE = """
UPDATE projections SET checkpoint = GREATEST(checkpoint, $3), moved_at = clock_timestamp(), waits_since = NULL,
       waits_for = NULL, bookmark = COALESCE($4, bookmark)
WHERE name = $1 AND term = $2 RETURNING checkpoint
"""
SETTLED = "SELECT (number << 48) + pg_snapshot_xmin(pg_current_snapshot())::text::bigint - 1 FROM incarnation"
RAISE_EPOCH = "UPDATE projections SET epoch = epoch + 1, bookmark = COALESCE($2, bookmark) WHERE name = $1"
TRUST = """
UPDATE projections SET trusted = true, epoch = epoch + 1
WHERE name = $1 AND term = $2 AND (SELECT number FROM incarnation) = $3
"""
WAIT = """
UPDATE projections SET waits_since = COALESCE(waits_since, clock_timestamp()), waits_for = $2
WHERE name = $1 AND waits_for IS DISTINCT FROM $2
"""


class Deposed(Conflict):
    """Another process leads this projection now."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Standing:
    """Where a projection is, as the record has it."""

    checkpoint: Position
    term: int
    epoch: int
    trusted: bool


async def register(database: Database, projection: str) -> None:
    """Say that some process has this projection in its settings. New ones begin here and now; the rest is copied."""
    async with change_progress(database) as driver:
        await driver.execute(REGISTER, projection)


async def begin_term(database: Database, projection: str, leader: str) -> int:
    """Note who leads from now on and return the term; whoever led before can move the checkpoint no more."""
    async with change_progress(database) as driver:
        return int(await driver.fetchval(LEAD, projection, leader))


async def fetch_standing(driver: asyncpg.Connection, projection: str) -> Standing:
    """Return where a registered projection is."""
    row = await driver.fetchrow(FETCH, projection)
    return Standing(checkpoint=row["checkpoint"], term=row["term"], epoch=row["epoch"], trusted=row["trusted"])


async def move_checkpoint(
    driver: asyncpg.Connection, projection: str, *, term: int, to: Position, bookmark: str | None
) -> None:
    """Move the checkpoint forward once all below is written. Raises `Deposed`."""
    if await driver.fetchval(MOVE, projection, term, to, bookmark) is None:
        raise Deposed(f"another process leads the projection {projection}")


async def raise_epoch(driver: asyncpg.Connection, projection: str, *, bookmark: str | None = None) -> None:
    """Say that answers may change though the checkpoint does not move: what is cached is old."""
    await driver.execute(RAISE_EPOCH, projection, bookmark)


async def trust(database: Database, projection: str, *, term: int, incarnation: int) -> bool:
    """Say that the projection was verified whole; False if the incarnation went up meanwhile, or another leads."""
    async with change_progress(database) as driver:
        return str(await driver.execute(TRUST, projection, term, incarnation)) == "UPDATE 1"


async def note_waiting(database: Database, projection: str, reason: str) -> None:
    """Say why the line stands: its server is away, full, or refuses writes."""
    async with change_progress(database) as driver:
        await driver.execute(WAIT, projection, reason)


async def fetch_progress(conn: AsyncConnection) -> dict[str, tuple[Position, int]]:
    """Return the checkpoint and the epoch of every projection."""
    rows = await conn.exec_driver_sql("SELECT name, checkpoint, epoch FROM projections")
    return {row.name: (Position(row.checkpoint), row.epoch) for row in rows}


async def fetch_settled_position(conn: AsyncConnection) -> Position:
    """Return the position at and below which nothing can be written any more."""
    row = await conn.exec_driver_sql(SETTLED)
    return Position(row.scalar_one())
