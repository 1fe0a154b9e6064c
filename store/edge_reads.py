"""What rules about lineage ask the record beside walks: edges next to nodes, equal bytes, sources, and positions."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping
from datetime import datetime
from typing import Any
from uuid import UUID

import sqlalchemy as sa
from sqlalchemy.ext.asyncio import AsyncConnection

from domain.ids import NodeKey, NodeKind, WorkspaceID
from domain.lineage.edges import NEVER, Interval
from domain.lineage.kinds import EdgeKind
from domain.lineage.questions import NOW, AsOf
from domain.positions import Position
from store import tables
from store.edges import make_interval
from store.outbox import Changed

edges = tables.edges

SMALLEST = 1024
"""Bytes below which equal digests tell nothing: empty and tiny files are equal by chance."""

WITH_BYTES: Mapping[NodeKind, sa.Table] = {
    NodeKind.DATASET_VERSION: tables.dataset_versions,
    NodeKind.ARTIFACT_VERSION: tables.artifact_versions,
    NodeKind.MODEL_VERSION: tables.model_versions,
}

BORDER = sa.text(
    "SELECT (number << 48) + pg_snapshot_xmin(pg_current_snapshot())::text::bigint - 1 AS position FROM incarnation"
)
MOMENTS = sa.text(
    """
    SELECT asked.position, COALESCE(
        (SELECT min(o.created_at) FROM outbox o WHERE o.position = asked.position),
        (SELECT min(s.taken_at) FROM position_samples s WHERE s.position >= asked.position)) AS moment
    FROM unnest(CAST(:positions AS bigint[])) AS asked (position)
    """
)


async def fetch_border(conn: AsyncConnection) -> Position:
    """Return the position below which nothing can be written any more."""
    return Position((await conn.execute(BORDER)).scalar_one())


async def fetch_is_settled(conn: AsyncConnection, workspace: WorkspaceID, position: Position) -> bool:
    """Say whether nothing of the graph that a workspace shows now was written above a position."""
    rows = tables.outbox.c
    above = sa.select(rows.position).where(
        rows.workspace == workspace, rows.position > position, rows.changed.op("&")(Changed.GRAPH.value) != 0
    )
    return not await conn.scalar(sa.select(sa.exists(above)))


async def fetch_position(conn: AsyncConnection, moment: datetime) -> Position:
    """Return the position that was safely behind at a time, by the samples; 0 before the first of them."""
    samples = tables.position_samples.c
    found = await conn.scalar(sa.select(sa.func.max(samples.position)).where(samples.taken_at <= moment))
    return Position(found or 0)


async def fetch_moments(conn: AsyncConnection, positions: Collection[Position]) -> dict[Position, datetime]:
    """Return when positions were recorded: by the outbox, else the time of the next sample; one query."""
    rows = await conn.execute(MOMENTS, {"positions": list(positions)})
    return {Position(row.position): row.moment for row in rows if row.moment is not None}


async def fetch_next_to(
    conn: AsyncConnection,
    workspace: WorkspaceID,
    *,
    into: Iterable[NodeKey] = (),
    out_of: Iterable[NodeKey] = (),
    kinds: Collection[EdgeKind],
    as_of: AsOf = NOW,
) -> list[Interval]:
    """Return the edges of some kinds that enter or leave nodes, in one query."""
    entering, leaving = ([node.uuid for node in nodes] for nodes in (into, out_of))
    statement = sa.select(edges).where(
        edges.c.workspace == workspace,
        sa.or_(_is_any(edges.c.target, entering), _is_any(edges.c.source, leaving)),
        edges.c.kind.in_([kind.value for kind in kinds]),
    )
    if as_of.known is None:
        statement = statement.where(edges.c.retracted == NEVER)
    else:
        statement = statement.where(edges.c.recorded <= as_of.known, edges.c.retracted > as_of.known)
    if as_of.at is not None:
        statement = statement.where(edges.c.held_from <= as_of.at)
    rows = await conn.execute(statement.order_by(edges.c.id, edges.c.n))
    return [make_interval(row) for row in rows.mappings()]


async def fetch_digests(
    conn: AsyncConnection, workspace: WorkspaceID, nodes: Collection[NodeKey]
) -> dict[NodeKey, str]:
    """Return the digests of versions that are large enough to tell anything; one query a kind."""
    found: dict[NodeKey, str] = {}
    for kind, table in WITH_BYTES.items():
        asked = [node.uuid for node in nodes if node.kind is kind]
        if asked:
            statement = sa.select(table.c.id, table.c.digest).where(
                table.c.workspace == workspace, _is_any(table.c.id, asked), table.c.digest.is_not(None), *_large(table)
            )
            found |= {NodeKey(kind, row.id): row.digest for row in await conn.execute(statement)}
    return found


async def fetch_equals(conn: AsyncConnection, workspace: WorkspaceID, nodes: Collection[NodeKey]) -> list[NodeKey]:
    """Return the other versions that have the bytes of one of the nodes, by uuid."""
    digests = set((await fetch_digests(conn, workspace, nodes)).values())
    if not digests:
        return []
    found: list[NodeKey] = []
    for kind, table in WITH_BYTES.items():
        statement = sa.select(table.c.id).where(
            table.c.workspace == workspace, table.c.digest.in_(sorted(digests)), *_large(table)
        )
        found += [NodeKey(kind, row.id) for row in await conn.execute(statement)]
    return sorted(set(found) - set(nodes), key=lambda node: node.uuid.int)


async def fetch_splits(
    conn: AsyncConnection, workspace: WorkspaceID, nodes: Collection[NodeKey]
) -> dict[NodeKey, list[str]]:
    """Return the splits that dataset versions list."""
    versions = tables.dataset_versions.c
    asked = [node.uuid for node in nodes if node.kind is NodeKind.DATASET_VERSION]
    rows = await conn.execute(
        sa.select(versions.id, versions.splits).where(
            versions.workspace == workspace, _is_any(versions.id, asked), versions.splits.is_not(None)
        )
    )
    return {NodeKey(NodeKind.DATASET_VERSION, row.id): list(row.splits) for row in rows if isinstance(row.splits, list)}


async def fetch_sources(
    conn: AsyncConnection, workspace: WorkspaceID, nodes: Collection[NodeKey], as_of: AsOf = NOW
) -> set[NodeKey]:
    """Return those of the nodes that somebody declared to be where lineage begins."""
    sources = tables.declared_sources.c
    statement = sa.select(sources.kind, sources.node).where(
        sources.workspace == workspace, _is_any(sources.node, [node.uuid for node in nodes])
    )
    if as_of.known is None:
        statement = statement.where(sources.retracted == NEVER)
    else:
        statement = statement.where(sources.recorded <= as_of.known, sources.retracted > as_of.known)
    return {NodeKey(NodeKind(row.kind), row.node) for row in await conn.execute(statement)}


def _large(table: sa.Table) -> list[sa.ColumnElement[bool]]:
    """Return the condition that a file is large enough; where nobody told its size it is taken to be."""
    if "size" not in table.c:
        return []
    return [sa.or_(table.c.size.is_(None), table.c.size >= SMALLEST)]


def _is_any(column: Any, uuids: list[UUID]) -> sa.ColumnElement[bool]:
    found: sa.ColumnElement[bool] = column == sa.func.any(sa.cast(uuids, sa.ARRAY(sa.Uuid)))
    return found
