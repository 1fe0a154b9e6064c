"""What is purged and yet stands in lineage: what still descends from it, who took it away, and what is left of it."""

from __future__ import annotations

from collections.abc import Collection, Iterable
from typing import Any
from uuid import UUID

import sqlalchemy as sa
from sqlalchemy.ext.asyncio import AsyncConnection

from domain.ids import NodeKey, NodeKind, RunID, WorkspaceID, make_uuid7
from domain.lineage.descendants import Descendants, HasDescendants
from domain.lineage.kinds import WALKED
from domain.lineage.nodes import Purged
from domain.lineage.roles import make_evaluation_id
from store import tables
from store.transactions import Transaction

purged = tables.purged

SHOWN = 10
"""Descendants that a refusal names."""

THERE = "SELECT FROM {table} v WHERE v.workspace = $1 AND v.id = b.id AND v.deleted_at IS NULL"
TO_BE_HAD = THERE + " AND COALESCE(v.availability->>'state', 'AVAILABLE') = 'AVAILABLE'"
OF_RUNS = """
SELECT FROM runs v JOIN experiments x ON x.workspace = v.workspace AND x.id = v.experiment
WHERE v.workspace = $1 AND v.id = b.id AND v.deleted_at IS NULL AND x.deleted_at IS NULL
"""
LIVE = {
    NodeKind.DEPLOYMENT_REVISION: THERE.format(table="deployment_revisions"),
    NodeKind.MODEL_VERSION: TO_BE_HAD.format(table="model_versions"),
    NodeKind.DATASET_VERSION: TO_BE_HAD.format(table="dataset_versions"),
    NodeKind.RUN: OF_RUNS,
}
"""What lives, in the order in which it is named. A file that nothing was made of goes with its run."""

IS_LIVE = " OR ".join(f"(b.kind = {kind.value} AND EXISTS ({there}))" for kind, there in LIVE.items())
BELOW = f"""
WITH RECURSIVE below (kind, id) AS (
    SELECT * FROM unnest($2::smallint[], $3::uuid[])
    UNION
    SELECT e.target_kind, e.target FROM below b
    JOIN edges e ON e.workspace = $1 AND e.source = b.id AND e.kind = ANY($4::smallint[])
        AND e.retracted = 9223372036854775807)
SELECT b.kind, b.id FROM below b WHERE b.id <> ALL($3::uuid[]) AND ({IS_LIVE})
ORDER BY array_position(ARRAY{[kind.value for kind in LIVE]}, b.kind::int), b.id
"""


async def check_descendants(
    tx: Transaction, workspace: WorkspaceID, runs: Collection[RunID], *, despite: bool, field: str
) -> Descendants:
    """Return what lives on below runs. Raises `HasDescendants` for any, unless `despite` them.

    Live are deployments, models, data that is to be had, and runs, as long as nobody deleted them.
    """
    starts = [NodeKey(NodeKind.RUN, run) for run in runs]
    starts += [NodeKey(NodeKind.EVALUATION, make_evaluation_id(run)) for run in runs]
    rows = await tx.driver.fetch(
        BELOW, workspace, [key.kind.value for key in starts], [key.uuid for key in starts], [k.value for k in WALKED]
    )
    some = [NodeKey(NodeKind(row["kind"]), row["id"]) for row in rows[:SHOWN]]
    found = Descendants(count=len(rows), some=some)
    if found.count and not despite:
        what = "1 live thing descends" if found.count == 1 else f"{found.count:,} live things descend"
        message = f"{what} from it: delete them first, or purge it despite its descendants"
        raise HasDescendants(message, path=[field], descendants=found)
    return found


async def audit_purge(
    tx: Transaction, workspace: WorkspaceID, key: NodeKey, found: Descendants, *, principal: str | None
) -> None:
    """Note who purges a thing, and how many live things descend from it."""
    detail: dict[str, Any] = {
        "descendants": found.count,
        "some": [{"kind": one.kind.name, "id": str(one.uuid)} for one in found.some],
    }
    values = {"id": make_uuid7(), "action": "purge", "kind": key.kind.value, "node": key.uuid}
    await tx.conn.execute(
        sa.insert(tables.audits).values(workspace=workspace, principal=principal, detail=detail, **values)
    )


async def fetch_purged(conn: AsyncConnection, workspace: WorkspaceID, keys: Iterable[NodeKey]) -> dict[NodeKey, Purged]:
    """Return what is left of those of the nodes that were purged, in one query."""
    ids: dict[UUID, NodeKey] = {key.uuid: key for key in keys}
    rows = await conn.execute(
        sa.select(purged.c.id, purged.c.kind, purged.c.purged_at).where(
            purged.c.workspace == workspace, purged.c.id.in_(ids)
        )
    )
    found = [Purged(key=NodeKey(NodeKind(row.kind), row.id), purged_at=row.purged_at) for row in rows]
    return {one.key: one for one in found if ids[one.key.uuid] == one.key}
