"""What other systems call our nodes: one table of aliases for all of them."""

from __future__ import annotations

from collections.abc import Collection
from uuid import UUID

import sqlalchemy as sa
from sqlalchemy.ext.asyncio import AsyncConnection

from domain.errors import Conflict
from domain.ids import NodeKey, NodeKind, WorkspaceID
from domain.references import ForeignRef
from store import tables
from store.transactions import Transaction

foreign = tables.foreign_ids


async def add_foreign_id(tx: Transaction, workspace: WorkspaceID, name: ForeignRef, node: NodeKey) -> None:
    """Let a foreign id name a node; again is fine. Raises `Conflict` if it names another."""
    made = await tx.conn.scalar(
        sa.dialects.postgresql.insert(foreign)
        .values(
            workspace=workspace,
            system=name.system,
            kind=name.kind,
            scope=name.scope,
            foreign_id=name.id,
            node_kind=node.kind.value,
            node=node.uuid,
        )
        .on_conflict_do_nothing()
        .returning(foreign.c.node)
    )
    if made is None and (known := await fetch_foreign(tx.conn, workspace, name)) != node:
        raise Conflict(f"{name.system} {name.kind} {name.id!r} is {known} already", path=["id"])


async def fetch_foreign(conn: AsyncConnection, workspace: WorkspaceID, name: ForeignRef) -> NodeKey | None:
    """Return the node that a foreign id names, if any."""
    rows = await conn.execute(
        sa.select(foreign.c.node_kind, foreign.c.node).where(
            foreign.c.workspace == workspace,
            foreign.c.system == name.system,
            foreign.c.kind == name.kind,
            foreign.c.scope == name.scope,
            foreign.c.foreign_id == name.id,
        )
    )
    row = rows.first()
    return None if row is None else NodeKey(NodeKind(row.node_kind), row.node)


async def fetch_foreign_ids(
    conn: AsyncConnection, workspace: WorkspaceID, nodes: Collection[UUID]
) -> dict[UUID, list[ForeignRef]]:
    """Return what other systems call each node, in one query."""
    found: dict[UUID, list[ForeignRef]] = {node: [] for node in nodes}
    rows = await conn.execute(
        sa.select(foreign)
        .where(foreign.c.workspace == workspace, foreign.c.node.in_(nodes))
        .order_by(foreign.c.system, foreign.c.kind, foreign.c.scope, foreign.c.foreign_id)
    )
    for row in rows:
        found[row.node].append(ForeignRef(row.system, row.kind, row.scope, row.foreign_id))
    return found
