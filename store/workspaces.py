"""Workspaces: the team and the sharing boundary."""

from __future__ import annotations

import sqlalchemy as sa
from sqlalchemy.ext.asyncio import AsyncConnection

from domain.ids import WorkspaceID
from store.tables import workspaces


async def fetch_workspace_id(conn: AsyncConnection, name: str) -> WorkspaceID | None:
    """Return the id of the workspace with this name, if there is one."""
    found = await conn.scalar(sa.select(workspaces.c.id).where(workspaces.c.name == name))
    return None if found is None else WorkspaceID(found)
