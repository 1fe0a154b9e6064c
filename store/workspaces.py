"""Workspaces: the team and the sharing boundary."""

from __future__ import annotations

from collections.abc import Collection
from typing import Any

import sqlalchemy as sa
from sqlalchemy.ext.asyncio import AsyncConnection

from domain.errors import Conflict
from domain.ids import NodeKey, NodeKind, WorkspaceID, make_uuid7
from domain.pages import COUNT_LIMIT, Count, Page
from domain.workspaces import Workspace, check_workspace_name
from store.outbox import Changed
from store.tables import workspaces
from store.transactions import Transaction

COLUMNS = (
    workspaces.c.id,
    workspaces.c.name,
    workspaces.c.created_at,
    workspaces.c.revision,
    workspaces.c.version,
)
INSERT = sa.text("INSERT INTO workspaces (id, name) VALUES (:id, :name) ON CONFLICT (name) DO NOTHING RETURNING id")


async def create_workspace(tx: Transaction, name: str) -> WorkspaceID:
    """Add a workspace. Raises `InvalidInput` for a name that cannot stand in an address, `Conflict` for a taken one."""
    check_workspace_name(name, "name")
    made = WorkspaceID(make_uuid7())
    if await tx.conn.scalar(INSERT, {"id": made, "name": name}) is None:
        raise Conflict(f"the workspace {name!r} already exists", path=["name"])
    tx.changed(made, NodeKey(NodeKind.WORKSPACE, made), 1, Changed.DOCUMENT)
    return made


async def fetch_workspace_id(conn: AsyncConnection, name: str) -> WorkspaceID | None:
    """Return the id of the workspace with this name, if there is one."""
    found = await conn.scalar(sa.select(workspaces.c.id).where(workspaces.c.name == name))
    return None if found is None else WorkspaceID(found)


async def fetch_workspaces(conn: AsyncConnection, ids: Collection[WorkspaceID]) -> dict[WorkspaceID, Workspace]:
    """Return those workspaces that exist, in one query."""
    rows = await conn.execute(sa.select(*COLUMNS).where(workspaces.c.id.in_(ids)))
    return {found.id: found for found in map(_workspace, rows)}


async def list_workspaces(conn: AsyncConnection, *, first: int, after: str | None = None) -> Page[Workspace]:
    """Return workspaces by name, those after the name `after`."""
    statement = sa.select(*COLUMNS).order_by(workspaces.c.name).limit(first + 1)
    if after is not None:
        statement = statement.where(workspaces.c.name > after)
    return Page.cut([_workspace(row) for row in await conn.execute(statement)], first)


async def count_workspaces(conn: AsyncConnection) -> Count:
    """Count them, to the limit of counts."""
    found = sa.select(workspaces.c.id).limit(COUNT_LIMIT + 1).subquery()
    return Count.capped((await conn.execute(sa.select(sa.func.count()).select_from(found))).scalar_one())


def _workspace(row: Any) -> Workspace:
    return Workspace(**row._mapping)
