"""Builders of what tests of the record stand on."""

from __future__ import annotations

from typing import Any
from uuid import UUID

import sqlalchemy as sa

from domain.ids import NodeKind, RunID, WorkspaceID, make_uuid7
from domain.parameters import parse_parameter
from domain.runs import Run, RunDraft
from domain.tags import parse_tag
from store import tables
from store.database import Database
from store.keys import Keys
from store.numbers import Numbers
from store.outbox import Changed
from store.runs import create_run, fetch_runs
from store.workspaces import create_workspace

DEFAULT = WorkspaceID(UUID("00000000-0000-7000-8000-000000000000"))
"""The workspace that every record begins with."""


def make_run_id() -> RunID:
    return RunID(make_uuid7())


async def make_run(
    database: Database,
    experiment: str = "track",
    *,
    workspace: WorkspaceID = DEFAULT,
    params: dict[str, Any] | None = None,
    tags: dict[str, str] | None = None,
    **fields: Any,
) -> RunID:
    """Make a run as a mutation does: keys and number first, then one transaction."""
    draft = RunDraft(
        experiment=experiment,
        parameters=tuple(parse_parameter(key, value) for key, value in (params or {}).items()),
        tags=tuple(parse_tag(key, value) for key, value in (tags or {}).items()),
        **fields,
    )
    keys = await Keys(database).intern(workspace, draft.key_names)
    place = await Numbers(database).take(workspace, draft.experiment)
    async with database.write() as tx:
        return await create_run(tx, workspace, draft, place, keys=keys)


async def make_workspace(database: Database, name: str = "other") -> WorkspaceID:
    async with database.write() as tx:
        return await create_workspace(tx, name)


async def read_run(database: Database, run: RunID, *, workspace: WorkspaceID = DEFAULT) -> Run:
    async with database.read_primary() as conn:
        return (await fetch_runs(conn, workspace, [run]))[run]


async def count_rows(database: Database, table: sa.Table, *conditions: sa.ColumnElement[bool]) -> int:
    async with database.read_primary() as conn:
        statement = sa.select(sa.func.count()).select_from(table).where(*conditions)
        return int((await conn.execute(statement)).scalar_one())


async def fetch_changed(database: Database, kind: NodeKind) -> list[tuple[UUID, int, Changed]]:
    """Return the outbox rows of one kind in their order: uid, revision, what changed."""
    outbox = tables.outbox.c
    async with database.read_primary() as conn:
        rows = await conn.execute(
            sa.select(outbox.uid, outbox.revision, outbox.changed)
            .where(outbox.kind == kind.value)
            .order_by(outbox.position, outbox.sequence)
        )
        return [(row.uid, row.revision, Changed(row.changed)) for row in rows]
