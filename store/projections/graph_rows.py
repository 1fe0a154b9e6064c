"""Nodes and edges of the record as the graph's projection reads them: states of some, and all of them in one order."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Sequence
from uuid import UUID

import sqlalchemy as sa
from sqlalchemy.ext.asyncio import AsyncConnection

from domain.ids import NodeKey, NodeKind, WorkspaceID
from domain.lineage.edges import Interval
from domain.projections import Entity
from store import tables
from store.edges import fetch_intervals
from store.node_tables import LINEAGE

counters, evaluations, edges = tables.run_counters, tables.evaluations, tables.edges

Fence = sa.ColumnElement[int]

NODES: dict[NodeKind, tuple[sa.Table, sa.Column[UUID], Fence]] = {
    NodeKind.RUN: (counters, counters.c.run, counters.c.graph_revision),
    NodeKind.EVALUATION: (evaluations, evaluations.c.id, sa.literal(1)),
    **{kind: (table, table.c.id, table.c.graph_revision) for kind, (table, _) in LINEAGE.items()},
}
"""Where the nodes of a kind stand, and what fences them."""

ORDER = [*NODES, NodeKind.EDGE]
"""Nodes before edges: whoever copies in this order has the ends of an edge before it."""


async def fetch_node_fences(conn: AsyncConnection, entities: Sequence[Entity]) -> dict[Entity, int]:
    """Return the fences of those nodes that the record has, one query a kind."""
    by_kind: dict[NodeKind, list[Entity]] = defaultdict(list)
    for entity in entities:
        if entity.key.kind in NODES:
            by_kind[entity.key.kind].append(entity)
    found: dict[Entity, int] = {}
    for kind, asked in by_kind.items():
        table, uid, fence = NODES[kind]
        wanted = sa.select(table.c.workspace, uid.label("uid"), fence.label("fence")).where(
            table.c.workspace.in_({one.workspace for one in asked}), uid.in_({one.key.uuid for one in asked})
        )
        for row in await conn.execute(wanted):
            found[Entity(WorkspaceID(row.workspace), NodeKey(kind, row.uid))] = row.fence
    return {one: found[one] for one in entities if one in found}


async def fetch_edge_intervals(conn: AsyncConnection, entities: Sequence[Entity]) -> dict[Entity, list[Interval]]:
    """Return all intervals of those edges that the record has."""
    by_workspace: dict[WorkspaceID, list[UUID]] = defaultdict(list)
    for entity in entities:
        if entity.key.kind is NodeKind.EDGE:
            by_workspace[entity.workspace].append(entity.key.uuid)
    return {
        Entity(workspace, NodeKey(NodeKind.EDGE, edge)): intervals
        for workspace, ids in by_workspace.items()
        for edge, intervals in (await fetch_intervals(conn, workspace, ids)).items()
    }


async def fetch_graph_page(conn: AsyncConnection, after: Entity | None, *, limit: int) -> list[Entity]:
    """Return the next entities of the graph behind one of them, kind by kind; fewer than `limit` are the last."""
    kinds = ORDER if after is None else ORDER[ORDER.index(after.key.kind) :]
    page: list[Entity] = []
    for kind in kinds:
        page += await _fetch_kind(conn, kind, after, limit=limit - len(page))
        after = None
        if len(page) == limit:
            break
    return page


async def _fetch_kind(conn: AsyncConnection, kind: NodeKind, after: Entity | None, *, limit: int) -> list[Entity]:
    table, uid = (edges, edges.c.id) if kind is NodeKind.EDGE else NODES[kind][:2]
    asked = sa.select(table.c.workspace, uid.label("uid")).order_by(table.c.workspace, uid).limit(limit)
    if kind is NodeKind.EDGE:
        asked = asked.where(edges.c.n == 1)
    if after is not None:
        asked = asked.where(sa.tuple_(table.c.workspace, uid) > sa.tuple_(after.workspace, after.key.uuid))
    return [Entity(WorkspaceID(row.workspace), NodeKey(kind, row.uid)) for row in await conn.execute(asked)]


async def count_graph_entities(conn: AsyncConnection) -> int:
    """Return how many nodes and edges there are."""
    total = await conn.scalar(sa.select(sa.func.count()).select_from(edges).where(edges.c.n == 1)) or 0
    for table, _, _ in NODES.values():
        total += await conn.scalar(sa.select(sa.func.count()).select_from(table)) or 0
    return total
