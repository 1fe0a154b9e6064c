"""What anybody asked of a projection: written here, done by its leader, told from here."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any
from uuid import UUID

import asyncpg

from domain.ids import make_uuid7
from domain.projections import TaskKind

KEPT = 50
# As text: connections differ in what they make of JSON.
FIELDS = "id, projection, kind, options::text, requested_at, started_at, finished_at, done, total, result::text, error"
ADD = "INSERT INTO projection_tasks (id, projection, kind, options) VALUES ($1, $2, $3, $4::text::jsonb)"
NEXT = f"""
UPDATE projection_tasks SET started_at = COALESCE(started_at, clock_timestamp())
WHERE id = (SELECT id FROM projection_tasks WHERE projection = $1 AND finished_at IS NULL
            ORDER BY requested_at, id LIMIT 1)
RETURNING {FIELDS}
"""
FETCH = f"SELECT {FIELDS} FROM projection_tasks WHERE id = $1"
LATEST = f"SELECT {FIELDS} FROM projection_tasks WHERE projection = $1 ORDER BY requested_at DESC, id DESC LIMIT $2"
PROGRESS = "UPDATE projection_tasks SET done = $2, total = $3 WHERE id = $1"
FINISH = (
    "UPDATE projection_tasks SET finished_at = clock_timestamp(), result = $2::text::jsonb, error = $3 WHERE id = $1"
)
FORGET = """
DELETE FROM projection_tasks WHERE projection = $1 AND finished_at IS NOT NULL AND id NOT IN (
  SELECT id FROM projection_tasks WHERE projection = $1 ORDER BY requested_at DESC, id DESC LIMIT $2)
"""


@dataclass(frozen=True, slots=True, kw_only=True)
class Task:
    """One task and how far it is."""

    id: UUID
    projection: str
    kind: TaskKind
    options: Mapping[str, Any] = field(default_factory=dict)
    requested_at: datetime
    started_at: datetime | None
    finished_at: datetime | None
    done: int
    total: int | None
    result: Mapping[str, Any] | None
    error: str | None


async def add_task(driver: asyncpg.Connection, projection: str, kind: TaskKind, options: Mapping[str, Any]) -> UUID:
    """Ask for something; return the task's id. The oldest finished ones are forgotten."""
    task = make_uuid7()
    await driver.execute(FORGET, projection, KEPT)
    await driver.execute(ADD, task, projection, kind.value, json.dumps(options))
    return task


async def take_next_task(driver: asyncpg.Connection, projection: str) -> Task | None:
    """Return the oldest task that is not finished: a leader goes on with what the one before it began."""
    row = await driver.fetchrow(NEXT, projection)
    return None if row is None else _task(row)


async def fetch_task(driver: asyncpg.Connection, task: UUID) -> Task | None:
    """Return a task by its id."""
    row = await driver.fetchrow(FETCH, task)
    return None if row is None else _task(row)


async def fetch_latest_tasks(driver: asyncpg.Connection, projection: str, *, limit: int) -> list[Task]:
    """Return the newest tasks, the newest first."""
    return [_task(row) for row in await driver.fetch(LATEST, projection, limit)]


async def note_progress(driver: asyncpg.Connection, task: UUID, *, done: int, total: int | None) -> None:
    """Note how far a task is."""
    await driver.execute(PROGRESS, task, done, total)


async def finish_task(
    driver: asyncpg.Connection, task: UUID, *, result: Mapping[str, Any] | None = None, error: str | None = None
) -> None:
    """Note how a task ended."""
    await driver.execute(FINISH, task, None if result is None else json.dumps(result), error)


def _task(row: asyncpg.Record) -> Task:
    fields = dict(row)
    fields["kind"] = TaskKind(fields["kind"])
    fields["options"] = json.loads(fields["options"])
    fields["result"] = None if fields["result"] is None else json.loads(fields["result"])
    return Task(**fields)


async def fetch_is_known(driver: asyncpg.Connection, projection: str) -> bool:
    """Say whether some process ever had this projection in its settings."""
    return bool(await driver.fetchval("SELECT EXISTS (SELECT FROM projections WHERE name = $1)", projection))
