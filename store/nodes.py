"""Nodes of every kind: fetched by id, one query a kind; lineage nodes inserted once by their natural key."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Collection, Mapping
from typing import Any, TypeAlias
from uuid import UUID

import sqlalchemy as sa
from sqlalchemy.ext.asyncio import AsyncConnection

from domain import nodes as domain
from domain.ids import NodeKey, NodeKind, WorkspaceID, make_uuid7
from store.artifacts import fetch_artifacts
from store.experiments import fetch_experiments
from store.node_tables import HIDDEN, LINEAGE
from store.notes import fetch_notes
from store.outbox import Changed
from store.runs import fetch_runs
from store.texts import Place, insert_texts
from store.transactions import Transaction
from store.workspaces import fetch_workspaces

SEARCHED = frozenset({NodeKind.DATASET, NodeKind.MODEL})
"""Kinds of lineage nodes that are found by their texts."""

Fetch: TypeAlias = Callable[[AsyncConnection, WorkspaceID, Collection[Any]], Awaitable[Mapping[Any, Any]]]


async def _fetch_workspaces(
    conn: AsyncConnection, workspace: WorkspaceID, ids: Collection[WorkspaceID]
) -> Mapping[WorkspaceID, Any]:
    """Return the request's own workspace; every other one is as if it were not there."""
    return await fetch_workspaces(conn, [workspace] if workspace in ids else [])


FETCHES: dict[NodeKind, Fetch] = {
    NodeKind.WORKSPACE: _fetch_workspaces,
    NodeKind.EXPERIMENT: fetch_experiments,
    NodeKind.RUN: fetch_runs,
    NodeKind.NOTE: fetch_notes,
    NodeKind.ARTIFACT: fetch_artifacts,
}


async def fetch_nodes(conn: AsyncConnection, workspace: WorkspaceID, keys: Collection[NodeKey]) -> dict[NodeKey, Any]:
    """Return those nodes of the workspace that exist, of any kinds, as the values of their nouns."""
    by_kind: dict[NodeKind, list[UUID]] = {}
    for key in keys:
        by_kind.setdefault(key.kind, []).append(key.uuid)
    found: dict[NodeKey, Any] = {}
    for kind, ids in by_kind.items():
        if kind in FETCHES:
            rows = await FETCHES[kind](conn, workspace, ids)
        elif kind in LINEAGE:
            rows = await _fetch_lineage(conn, workspace, kind, ids)
        else:
            rows = {}
        found |= {NodeKey(kind, uuid): node for uuid, node in rows.items()}
    return found


async def _fetch_lineage(
    conn: AsyncConnection, workspace: WorkspaceID, kind: NodeKind, ids: Collection[UUID]
) -> dict[UUID, domain.LineageNode]:
    table, value = LINEAGE[kind]
    columns = [column for column in table.c if column.name not in HIDDEN]
    rows = await conn.execute(sa.select(*columns).where(table.c.workspace == workspace, table.c.id.in_(ids)))
    return {row.id: value(**row._mapping) for row in rows}


def _read_texts(columns: Mapping[str, Any]) -> dict[Place, str | None]:
    names = {Place.NAME: "name", Place.DESCRIPTION: "description", Place.NAMESPACE: "namespace"}
    return {place: columns.get(name) for place, name in names.items()}


async def fetch_existing(
    conn: AsyncConnection, workspace: WorkspaceID, kind: NodeKind, natural_keys: Collection[bytes]
) -> dict[bytes, UUID]:
    """Return the ids of those natural keys of one kind that are known, in one query."""
    table, _ = LINEAGE[kind]
    statement = sa.select(table.c.natural_key, table.c.id).where(
        table.c.workspace == workspace, table.c.natural_key.in_(natural_keys)
    )
    return {bytes(natural_key): id_ for natural_key, id_ in await conn.execute(statement)}


async def insert_nodes(
    tx: Transaction,
    workspace: WorkspaceID,
    kind: NodeKind,
    wanted: Mapping[bytes, Mapping[str, Any]],
    *,
    placeholder: bool,
) -> dict[bytes, UUID]:
    """Return the ids of nodes of one kind by natural key, adding those that nobody knows yet.

    Waits for another transaction that is adding the same. Whoever makes several makes them in one order (see
    store/references.py), before any run's counters are locked.
    """
    table, _ = LINEAGE[kind]
    found = await fetch_existing(tx.conn, workspace, kind, wanted.keys())
    for natural_key in sorted(wanted.keys() - found.keys()):
        made = make_uuid7()
        row = {"workspace": workspace, "id": made, "natural_key": natural_key, "placeholder": placeholder}
        inserted = await tx.conn.scalar(
            sa.dialects.postgresql.insert(table)
            .values(**row, **wanted[natural_key])
            .on_conflict_do_nothing(index_elements=["workspace", "natural_key"])
            .returning(table.c.id)
        )
        if inserted is not None:
            found[natural_key] = made
            if kind in SEARCHED:
                await insert_texts(tx, workspace, NodeKey(kind, made), _read_texts(wanted[natural_key]))
            tx.changed(workspace, NodeKey(kind, made), 1, Changed.GRAPH | Changed.DOCUMENT)
    lost = wanted.keys() - found.keys()
    return found | await fetch_existing(tx.conn, workspace, kind, lost) if lost else found
