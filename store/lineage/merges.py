"""Merged nodes: an id that turned out to be another node's leads to the survivor."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from uuid import UUID

import sqlalchemy as sa
from sqlalchemy.ext.asyncio import AsyncConnection

from domain.ids import NodeKey, NodeKind, WorkspaceID
from store import tables

merged = tables.merged_nodes


async def fetch_survivors(conn: AsyncConnection, workspace: WorkspaceID, ids: Collection[UUID]) -> dict[UUID, NodeKey]:
    """Return what those of the ids lead to that were merged into another node, in one query."""
    if not ids:
        return {}
    statement = sa.select(merged.c.id, merged.c.kind, merged.c.survivor).where(
        merged.c.workspace == workspace, merged.c.id.in_(ids), merged.c.retracted.is_(None)
    )
    return {row.id: NodeKey(NodeKind(row.kind), row.survivor) for row in await conn.execute(statement)}


async def follow_merges(conn: AsyncConnection, workspace: WorkspaceID, keys: Sequence[NodeKey]) -> list[NodeKey]:
    """Return nodes, each once, the survivors in the place of those that were merged."""
    survivors = await fetch_survivors(conn, workspace, {key.uuid for key in keys})
    return list(dict.fromkeys(survivors.get(key.uuid, key) for key in keys))
