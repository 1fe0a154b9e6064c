"""The order in which versions of one name came to be: REVISION_OF from each to the next, by event time."""

from __future__ import annotations

from collections.abc import Collection
from itertools import pairwise
from uuid import UUID

import sqlalchemy as sa

from domain.ids import NodeKey, NodeKind, WorkspaceID
from domain.lineage.edges import WHENCE, Edge, Held
from domain.lineage.kinds import EdgeKind, Origin
from store.edges import fetch_open
from store.lineage.drafts import Drafts, Touched
from store.lineage.moments import fetch_version_times
from store.lineage.syncing import sync
from store.node_tables import LINEAGE
from store.transactions import Transaction

NAME = {
    NodeKind.FEATURE_VIEW_VERSION: "feature_view",
    NodeKind.MODEL_VERSION: "model",
    NodeKind.DEPLOYMENT_REVISION: "deployment",
    NodeKind.ARTIFACT_VERSION: "uri",
}


async def conclude_revisions(tx: Transaction, workspace: WorkspaceID, kind: NodeKind, names: Collection[str]) -> None:
    """Bring the order of the versions of names in step with when they came to be. Datasets have their own way."""
    for _, versions in sorted((await _fetch_versions(tx, workspace, kind, names)).items()):
        if len(versions) == 1:  # of most files there is one: nothing comes before or after it
            continue
        keys = [NodeKey(kind, id_) for id_ in versions]
        times = await fetch_version_times(tx, workspace, keys)
        ordered = sorted((times[id_], label, id_) for id_, label in versions.items() if id_ in times)
        due = Drafts(workspace)
        for (_, _, before), (moment, _, after) in pairwise(ordered):
            edge = Edge(
                workspace=workspace,
                kind=EdgeKind.REVISION_OF,
                source=NodeKey(kind, before),
                target=NodeKey(kind, after),
                origin=Origin.INFERRED,
                producer=WHENCE,
            )
            due.edges[edge] = Held(held_from=moment)
        standing = await fetch_open(tx.conn, workspace, targets=versions, kinds=[EdgeKind.REVISION_OF])
        await sync(tx, standing, due, Touched())


async def _fetch_versions(
    tx: Transaction, workspace: WorkspaceID, kind: NodeKind, names: Collection[str]
) -> dict[str, dict[UUID, str]]:
    """Return the versions of names, each with what tells it apart where two came to be at one time; one query."""
    table = LINEAGE[kind][0]
    name = table.c[NAME[kind]]
    statement = sa.select(name.label("name"), table.c.id, _label(table, kind)).where(table.c.workspace == workspace)
    if kind is NodeKind.ARTIFACT_VERSION:
        short = {one[:128] for one in names}
        statement = statement.where(sa.func.left(table.c.uri, 128).in_(short), table.c.uri.in_(names))
    else:
        statement = statement.where(name.in_([UUID(one) for one in names]))
    found: dict[str, dict[UUID, str]] = {}
    for row in await tx.conn.execute(statement):
        found.setdefault(str(row.name), {})[row.id] = row.label or ""
    return found


def _label(table: sa.Table, kind: NodeKind) -> sa.ColumnElement[str]:
    return (table.c.digest if kind is NodeKind.ARTIFACT_VERSION else table.c.name).label("label")
