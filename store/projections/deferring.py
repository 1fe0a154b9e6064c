"""What the checkpoint has passed without its being written: put off for a while, or refused by the projection.

Whoever writes notes the newest row before reading the state, and deletes what is deferred only up to that one after the
projection has acknowledged: a write put off in between would be lost else.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from datetime import timedelta
from typing import Any
from uuid import UUID

import asyncpg

from domain.ids import NodeKey, NodeKind, WorkspaceID
from domain.positions import Position
from domain.projections import Entity
from store.outbox import Changed
from store.projections.reading import EntityChange

FIELDS = "workspace, uid, kind, revision, changed, oldest, newest, newest_sequence"
UNION = """
revision = GREATEST(known.revision, EXCLUDED.revision), changed = known.changed | EXCLUDED.changed,
oldest = LEAST(known.oldest, EXCLUDED.oldest), newest = EXCLUDED.newest, newest_sequence = EXCLUDED.newest_sequence
"""
VALUES = (
    "$2::uuid[], $3::uuid[], $4::smallint[], $5::bigint[], $6::smallint[], $7::bigint[], $8::bigint[], $9::bigint[]"
)

PUT_OFF = f"""
INSERT INTO projection_pending AS known (projection, {FIELDS}, due)
SELECT $1, row.*, clock_timestamp() + $10 FROM unnest({VALUES}) AS row
ON CONFLICT (workspace, projection, uid) DO UPDATE SET {UNION}
"""
REFUSE = f"""
INSERT INTO projection_dead_letters AS known (projection, {FIELDS}, error, attempts, retry_at)
SELECT $1, row.workspace, row.uid, row.kind, row.revision, row.changed, row.oldest, row.newest, row.newest_sequence,
       row.error, 1, clock_timestamp() + $11
FROM unnest({VALUES}, $10::text[]) AS row ({FIELDS}, error)
ON CONFLICT (workspace, projection, uid) DO UPDATE SET {UNION}, error = EXCLUDED.error,
       attempts = known.attempts + 1, retry_at = clock_timestamp() + LEAST($11 * 2 ^ LEAST(known.attempts, 20), $12)
"""
DUE = {
    "projection_pending": f"""
        SELECT {FIELDS} FROM projection_pending
        WHERE projection = $1 AND due <= clock_timestamp() ORDER BY due LIMIT $2""",
    "projection_dead_letters": f"""
        SELECT {FIELDS} FROM projection_dead_letters
        WHERE projection = $1 AND retry_at <= clock_timestamp() ORDER BY retry_at LIMIT $2""",
}
OF_WORKSPACE = f"""
SELECT {FIELDS} FROM projection_pending WHERE projection = $1 AND workspace = $2 AND oldest <= $3
ORDER BY oldest LIMIT $4
"""
DONE = """
DELETE FROM {table} AS known
USING unnest($2::uuid[], $3::uuid[], $4::bigint[], $5::bigint[]) AS done (workspace, uid, newest, newest_sequence)
WHERE known.projection = $1 AND known.workspace = done.workspace AND known.uid = done.uid
  AND (known.newest, known.newest_sequence) <= (done.newest, done.newest_sequence)
"""
RETRY_NOW = "UPDATE projection_dead_letters SET retry_at = clock_timestamp() WHERE projection = $1"

FIRST_RETRY = timedelta(seconds=5)
LAST_RETRY = timedelta(hours=1)
LONGEST_ERROR = 2000


async def put_off(
    driver: asyncpg.Connection, projection: str, changes: Sequence[EntityChange], *, wait: timedelta
) -> None:
    """Add changes to what is pending. One that is pending already keeps the time at which it is due."""
    if changes:
        await driver.execute(PUT_OFF, projection, *_columns(_in_order(changes)), wait)


async def refuse(driver: asyncpg.Connection, projection: str, refused: Sequence[tuple[EntityChange, str]]) -> None:
    """Add what the projection refused to the dead letters, each to be tried again ever later, at most an hour."""
    if refused:
        ordered = sorted(refused, key=lambda one: _place(one[0]))
        columns = _columns([change for change, _ in ordered])
        errors = [error[:LONGEST_ERROR] for _, error in ordered]
        await driver.execute(REFUSE, projection, *columns, errors, FIRST_RETRY, LAST_RETRY)


async def fetch_due_pending(driver: asyncpg.Connection, projection: str, *, limit: int) -> list[EntityChange]:
    """Return what was put off and may wait no longer."""
    return _changes(await driver.fetch(DUE["projection_pending"], projection, limit))


async def fetch_due_dead_letters(driver: asyncpg.Connection, projection: str, *, limit: int) -> list[EntityChange]:
    """Return what was refused and is to be tried again now."""
    return _changes(await driver.fetch(DUE["projection_dead_letters"], projection, limit))


async def fetch_pending_of(
    driver: asyncpg.Connection, projection: str, workspace: WorkspaceID, *, through: Position, limit: int
) -> list[EntityChange]:
    """Return what a token of a workspace waits for."""
    return _changes(await driver.fetch(OF_WORKSPACE, projection, workspace, through, limit))


async def finish_pending(driver: asyncpg.Connection, projection: str, written: Iterable[EntityChange]) -> None:
    """Delete what was written, unless it was put off again meanwhile."""
    await _finish(driver, "projection_pending", projection, list(written))


async def finish_dead_letters(driver: asyncpg.Connection, projection: str, written: Iterable[EntityChange]) -> None:
    """Delete what was written after all, unless it was refused again meanwhile."""
    await _finish(driver, "projection_dead_letters", projection, list(written))


async def retry_dead_letters_now(driver: asyncpg.Connection, projection: str) -> None:
    """Make every dead letter due."""
    await driver.execute(RETRY_NOW, projection)


async def _finish(driver: asyncpg.Connection, table: str, projection: str, written: list[EntityChange]) -> None:
    if written:
        written = _in_order(written)
        await driver.execute(
            DONE.format(table=table),
            projection,
            [change.entity.workspace for change in written],
            [change.entity.key.uuid for change in written],
            [change.newest for change in written],
            [change.newest_sequence for change in written],
        )


def _place(change: EntityChange) -> tuple[UUID, UUID]:
    return (change.entity.workspace, change.entity.key.uuid)


def _in_order(changes: Iterable[EntityChange]) -> list[EntityChange]:
    """Return changes in the one order of all writers: two that lock the same rows must not cross."""
    return sorted(changes, key=_place)


def _columns(changes: Sequence[EntityChange]) -> list[list[Any]]:
    """Return changes as columns."""
    return [
        [change.entity.workspace for change in changes],
        [change.entity.key.uuid for change in changes],
        [change.entity.key.kind.value for change in changes],
        [change.revision for change in changes],
        [int(change.changed) for change in changes],
        [change.oldest for change in changes],
        [change.newest for change in changes],
        [change.newest_sequence for change in changes],
    ]


def _changes(rows: Sequence[asyncpg.Record]) -> list[EntityChange]:
    return [
        EntityChange(
            entity=Entity(WorkspaceID(row["workspace"]), NodeKey(NodeKind(row["kind"]), row["uid"])),
            revision=row["revision"],
            changed=Changed(row["changed"]),
            oldest=Position(row["oldest"]),
            newest=Position(row["newest"]),
            newest_sequence=row["newest_sequence"],
        )
        for row in rows
    ]
