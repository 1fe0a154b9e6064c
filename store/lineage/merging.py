"""Two nodes that turn out to be one thing: the younger becomes an alias, its edges are recorded again on the older."""

from __future__ import annotations

import sqlalchemy as sa

from domain.ids import NodeKey, WorkspaceID
from domain.lineage.edges import Edge, Held, replace
from domain.lineage.kinds import Origin
from store import tables
from store.edges import fetch_open, record_edges, retract_edges
from store.lineage.concluding import conclude
from store.lineage.drafts import Touched
from store.node_tables import LINEAGE
from store.outbox import Changed
from store.transactions import Transaction

merged = tables.merged_nodes
OWN = frozenset({"id", "workspace", "natural_key", "created_at", "revision", "graph_revision", "version"})


async def merge_nodes(tx: Transaction, workspace: WorkspaceID, one: NodeKey, other: NodeKey) -> NodeKey:
    """Make two nodes of a kind one and return it: the older, with what was known of both.

    Every edge of the younger is retracted and recorded on the older, but for one that would lead to itself.
    """
    older, younger = sorted((one, other), key=lambda key: key.uuid)  # UUIDv7: ids rise with time
    await _unite_rows(tx, workspace, older, younger)
    await tx.conn.execute(
        sa.insert(merged).values(
            workspace=workspace,
            id=younger.uuid,
            interval=1,
            kind=younger.kind.value,
            survivor=older.uuid,
            recorded=tx.position,
        )
    )
    await tx.conn.execute(  # what led to the younger leads on
        sa.update(merged)
        .where(merged.c.workspace == workspace, merged.c.survivor == younger.uuid, merged.c.retracted.is_(None))
        .values(survivor=older.uuid)
    )
    touched = await _move_edges(tx, workspace, older, younger)
    await conclude(tx, workspace, touched)
    return older


async def _unite_rows(tx: Transaction, workspace: WorkspaceID, older: NodeKey, younger: NodeKey) -> None:
    """Give the older what only the younger was told, its natural key too; what the younger had becomes its id's."""
    table = LINEAGE[older.kind][0]
    rows = await tx.conn.execute(
        sa.select(table)
        .where(table.c.workspace == workspace, table.c.id.in_([older.uuid, younger.uuid]))
        .order_by(table.c.id)
        .with_for_update()
    )
    kept, gone = rows.all()
    told = {
        column.name: getattr(gone, column.name)
        for column in table.c
        if column.name not in OWN and getattr(kept, column.name) is None
    }
    natural_key = kept.natural_key if kept.digest is not None else gone.natural_key
    for row, values in (
        (gone, {"natural_key": younger.uuid.bytes, "deleted_at": sa.func.now(), "digest": None, "happened_at": None}),
        (kept, {**told, "natural_key": natural_key, "placeholder": kept.placeholder and gone.placeholder}),
    ):
        await tx.conn.execute(
            sa.update(table)
            .where(table.c.workspace == workspace, table.c.id == row.id)
            .values(**values, revision=row.revision + 1, graph_revision=row.graph_revision + 1)
        )
        tx.changed(workspace, NodeKey(older.kind, row.id), row.revision + 1, Changed.GRAPH | Changed.DOCUMENT)


async def _move_edges(tx: Transaction, workspace: WorkspaceID, older: NodeKey, younger: NodeKey) -> Touched:
    around = await fetch_open(tx.conn, workspace, sources=[younger.uuid])
    around += await fetch_open(tx.conn, workspace, targets=[younger.uuid])
    await retract_edges(tx, workspace, [one.edge.id for one in around])
    moved: dict[Edge, Held] = {}
    touched = Touched(versions={older})
    for one in around:
        touched.add_edge(one.edge)
        source = older if one.edge.source == younger else one.edge.source
        target = older if one.edge.target == younger else one.edge.target
        if one.edge.origin is not Origin.INFERRED and source != target:
            moved[replace(one.edge, source=source, target=target)] = one.held
    await record_edges(tx, workspace, moved)
    for edge in moved:
        touched.add_edge(edge)
    touched.versions.discard(younger)
    return touched
