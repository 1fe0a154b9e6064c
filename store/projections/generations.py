"""Generations of a projection: one serves, another may be building beside it; all are written."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

import asyncpg

from domain.errors import Conflict
from domain.projections import GenerationState

# The number is never used again, so that what is left of a dropped one cannot be taken for the new one.
RESERVE = "UPDATE projections SET last_generation = last_generation + 1 WHERE name = $1 RETURNING last_generation"
ADD = "INSERT INTO projection_generations (projection, number, state) VALUES ($1, $2, 'building')"
FETCH = """
SELECT number, state, started_at, copied_at, serving_at, verified_at, copied, copied_through
FROM projection_generations WHERE projection = $1 ORDER BY number
"""
COPIED = """
UPDATE projection_generations SET copied = $3, copied_through = $4,
       copied_at = CASE WHEN $4::text IS NULL THEN clock_timestamp() END
WHERE projection = $1 AND number = $2
"""
STEP_DOWN = "UPDATE projection_generations SET state = 'kept' WHERE projection = $1 AND state = 'serving'"
SERVE = """
UPDATE projection_generations SET state = 'serving', serving_at = clock_timestamp()
WHERE projection = $1 AND number = $2 AND copied_at IS NOT NULL RETURNING number
"""
VERIFIED = """
UPDATE projection_generations SET verified_at = clock_timestamp() WHERE projection = $1 AND number = $2
"""
BEGIN_ANEW = """
UPDATE projections SET epoch = epoch + 1, checkpoint = GREATEST(checkpoint, trimmed_through), trusted = true
FROM incarnation WHERE name = $1
"""
REMOVE = "DELETE FROM projection_generations WHERE projection = $1 AND number = $2 AND state <> 'serving'"


@dataclass(frozen=True, slots=True, kw_only=True)
class Generation:
    """One generation as the record has it. `copied_through`: where its copying goes on after a crash."""

    number: int
    state: GenerationState
    started_at: datetime
    copied_at: datetime | None
    serving_at: datetime | None
    verified_at: datetime | None
    copied: int
    copied_through: str | None


async def reserve_generation(driver: asyncpg.Connection, projection: str) -> int:
    """Return the number of a generation to be; nothing is written to it yet."""
    return int(await driver.fetchval(RESERVE, projection))


async def add_generation(driver: asyncpg.Connection, projection: str, number: int) -> None:
    """Add a generation that the projection has prepared: from this moment on all is written to it."""
    await driver.execute(ADD, projection, number)


async def fetch_generations(driver: asyncpg.Connection, projection: str) -> list[Generation]:
    """Return the generations of a projection, the oldest first."""
    rows = await driver.fetch(FETCH, projection)
    return [Generation(**{**dict(row), "state": GenerationState(row["state"])}) for row in rows]


async def note_copied(
    driver: asyncpg.Connection, projection: str, number: int, *, copied: int, through: str | None
) -> None:
    """Note how far a generation is copied; without `through`, that all is."""
    await driver.execute(COPIED, projection, number, copied, through)


async def serve_generation(driver: asyncpg.Connection, projection: str, number: int) -> None:
    """Let a copied generation serve from now on; the one before is kept. Raises `Conflict`."""
    await driver.execute(STEP_DOWN, projection)
    if await driver.fetchval(SERVE, projection, number) is None:
        raise Conflict(f"generation {number} of the projection {projection} is not copied")


async def note_verified(driver: asyncpg.Connection, projection: str, number: int) -> None:
    """Note that no difference from the record was found."""
    await driver.execute(VERIFIED, projection, number)


async def remove_all_generations(driver: asyncpg.Connection, projection: str) -> None:
    """Forget all generations, the serving one too: what the projection had is lost, or too old to go on from.

    From then on the record answers. The checkpoint goes to where the outbox still has all behind it.
    """
    await driver.execute("DELETE FROM projection_generations WHERE projection = $1", projection)
    await driver.execute(BEGIN_ANEW, projection)


async def remove_generation(driver: asyncpg.Connection, projection: str, number: int) -> None:
    """Write a generation no more. The serving one stays."""
    await driver.execute(REMOVE, projection, number)
