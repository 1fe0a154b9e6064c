"""Marks: rows by which a projection's own store tells whether the record still is the one it followed."""

from __future__ import annotations

from datetime import timedelta

import asyncpg

ON_ITS_WAY = timedelta(minutes=10)


async def insert_mark(driver: asyncpg.Connection, projection: str, mark: int) -> None:
    """Add a mark; to be committed after the state to be written was read, and before the projection stores it."""
    await driver.execute("INSERT INTO projection_marks (projection, nonce) VALUES ($1, $2)", projection, mark)


async def delete_old_marks(driver: asyncpg.Connection, projection: str, *, but: int | None) -> None:
    """Let go of old marks, but never of the one that the projection keeps; young ones may still be on their way."""
    await driver.execute(
        "DELETE FROM projection_marks "
        "WHERE projection = $1 AND nonce IS DISTINCT FROM $2 AND noted_at < now() - $3::interval",
        projection,
        but,
        ON_ITS_WAY,
    )


async def count_marks(driver: asyncpg.Connection, projection: str) -> int:
    """Return how many marks the record has of a projection."""
    return int(await driver.fetchval("SELECT count(*) FROM projection_marks WHERE projection = $1", projection))


async def fetch_mark_exists(driver: asyncpg.Connection, projection: str, mark: int) -> bool:
    """Say whether the record has that mark."""
    found = await driver.fetchval(
        "SELECT EXISTS (SELECT FROM projection_marks WHERE projection = $1 AND nonce = $2)", projection, mark
    )
    return bool(found)
