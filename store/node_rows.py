"""Rows of lineage nodes: found by their natural keys, and inserted once."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from typing import Any
from uuid import UUID

import sqlalchemy as sa
from sqlalchemy.ext.asyncio import AsyncConnection

from domain.ids import NodeKey, NodeKind, WorkspaceID, make_uuid7
from store.node_tables import HIDDEN, LINEAGE
from store.outbox import Changed
from store.texts import Place, insert_texts
from store.transactions import Transaction

BATCH = 1000

NAMES = {
    NodeKind.DATASET: {Place.NAME: "name", Place.NAMESPACE: "namespace"},
    NodeKind.MODEL: {Place.NAME: "name"},
    NodeKind.DEPLOYMENT: {Place.NAME: "endpoint"},
}
"""Kinds of lineage nodes whose words can be asked for, and the columns that have them."""


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
    found = await fetch_existing(tx.conn, workspace, kind, wanted.keys()) if wanted else {}
    rows = [
        {
            "workspace": workspace,
            "id": make_uuid7(),
            "natural_key": natural_key,
            "placeholder": placeholder,
            **wanted[natural_key],
        }
        for natural_key in sorted(wanted.keys() - found.keys())
    ]
    for start in range(0, len(rows), BATCH):
        inserted = await tx.conn.execute(
            sa.dialects.postgresql.insert(table)
            .values(rows[start : start + BATCH])
            .on_conflict_do_nothing(index_elements=["workspace", "natural_key"])
            .returning(table.c.natural_key, table.c.id)
        )
        made = {bytes(natural_key): id_ for natural_key, id_ in inserted}
        for id_ in made.values():
            tx.changed(workspace, NodeKey(kind, id_), 1, Changed.GRAPH | Changed.DOCUMENT)
        if kind in NAMES:
            await _insert_texts(tx, workspace, kind, {id_: wanted[natural_key] for natural_key, id_ in made.items()})
        found |= made
    lost = wanted.keys() - found.keys()
    return found | await fetch_existing(tx.conn, workspace, kind, lost) if lost else found


async def fetch_lineage_rows(
    conn: AsyncConnection, workspace: WorkspaceID, kind: NodeKind, ids: Collection[UUID]
) -> dict[UUID, Any]:
    """Return those nodes of a kind that lineage alone knows, as the values of their noun; one query."""
    if not ids:
        return {}
    table, value = LINEAGE[kind]
    columns = [column for column in table.c if column.name not in HIDDEN]
    rows = await conn.execute(sa.select(*columns).where(table.c.workspace == workspace, table.c.id.in_(ids)))
    return {row.id: value(**row._mapping) for row in rows}


async def _insert_texts(
    tx: Transaction, workspace: WorkspaceID, kind: NodeKind, rows: Mapping[UUID, Mapping[str, Any]]
) -> None:
    for id_, columns in rows.items():
        texts = {place: columns.get(name) for place, name in NAMES[kind].items()}
        await insert_texts(tx, workspace, NodeKey(kind, id_), texts)
