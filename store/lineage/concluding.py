"""What follows from the facts of lineage, kept in step with them in the transaction that changes them.

Everything is a function of the facts and their event times alone, computed anew for whatever a change touches: so any
order of arrival ends in the same graph. One transaction at a time concludes in a workspace: it takes a lock that is
held to its end, after every other lock, and thereby sees the facts of all that concluded before it.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable
from uuid import UUID

import sqlalchemy as sa

from domain.ids import NodeKey, NodeKind, RunID, WorkspaceID
from domain.lineage.roles import make_evaluation_id
from store import tables
from store.edges import retract_edges
from store.lineage.aliases import conclude_aliases
from store.lineage.contents import conclude_contents
from store.lineage.datasets import conclude_dataset
from store.lineage.drafts import Touched
from store.lineage.inheriting import conclude_inheritance
from store.lineage.measured import conclude_measured
from store.lineage.parts import conclude_parts, fetch_parts_of
from store.lineage.revisions import conclude_revisions
from store.transactions import Transaction

LOCK = "SELECT pg_advisory_xact_lock(hashtextextended($1::text, 1818846817))"  # "line"

IDLE = """
SELECT e.id FROM edges e
WHERE e.workspace = $1 AND e.target = ANY($2::uuid[]) AND e.kind = 7 AND e.retracted = 9223372036854775807
  AND NOT EXISTS (SELECT FROM edges o WHERE o.workspace = $1 AND o.target = e.target AND o.kind <> 7
                  AND o.retracted = 9223372036854775807)
  AND NOT EXISTS (SELECT FROM edges o WHERE o.workspace = $1 AND o.source = e.target
                  AND o.retracted = 9223372036854775807)
"""
NAMES = {
    NodeKind.DATASET_VERSION: tables.dataset_versions.c.dataset,
    NodeKind.FEATURE_VIEW_VERSION: tables.feature_view_versions.c.feature_view,
    NodeKind.MODEL_VERSION: tables.model_versions.c.model,
    NodeKind.DEPLOYMENT_REVISION: tables.deployment_revisions.c.deployment,
    NodeKind.ARTIFACT_VERSION: tables.artifact_versions.c.uri,
}
DIGESTS = {
    NodeKind.DATASET_VERSION: tables.dataset_versions,
    NodeKind.ARTIFACT_VERSION: tables.artifact_versions,
    NodeKind.MODEL_VERSION: tables.model_versions,
}


async def conclude(tx: Transaction, workspace: WorkspaceID, touched: Touched) -> None:
    """Bring every edge that follows from what was touched in step with the facts."""
    if not touched:
        return
    await tx.driver.execute(LOCK, str(workspace))
    facts = touched.list_facts(NodeKind.MODEL)
    for model in sorted(touched.models | facts.keys()):
        only = None if model in touched.models else facts[model]
        await conclude_aliases(tx, workspace, model, touched, only=only)
    names = {kind: await _fetch_names(tx, workspace, kind, touched.versions) for kind in NAMES}
    written = {UUID(name): versions for name, versions in names[NodeKind.DATASET_VERSION].items()}
    read = touched.list_facts(NodeKind.DATASET)
    for dataset in sorted(written.keys() | read.keys()):
        versions, of_readers = written.get(dataset, set()), read.get(dataset, set())
        await conclude_dataset(tx, workspace, dataset, touched, versions=versions, facts=of_readers)
    for kind in NAMES:
        if kind is not NodeKind.DATASET_VERSION and names[kind]:
            await conclude_revisions(tx, workspace, kind, names[kind])
    files = touched.used | {key.uuid for key in touched.versions if key.kind is NodeKind.ARTIFACT_VERSION}
    files |= await fetch_parts_of(tx, workspace, written)
    await conclude_parts(tx, workspace, files)
    await conclude_contents(tx, workspace, await _fetch_digests(tx, workspace, touched.versions))
    await conclude_inheritance(tx, workspace, touched.runs, touched)
    await conclude_measured(tx, workspace, touched.runs, touched)
    await _part_from_evaluations(tx, workspace, touched.sides)


async def _part_from_evaluations(tx: Transaction, workspace: WorkspaceID, runs: Collection[RunID]) -> None:
    """Take back that runs have an Evaluation where nothing stands on it any more."""
    if runs:
        ids = [row["id"] for row in await tx.driver.fetch(IDLE, workspace, list(map(make_evaluation_id, runs)))]
        await retract_edges(tx, workspace, ids)


async def _fetch_names(
    tx: Transaction, workspace: WorkspaceID, kind: NodeKind, versions: Iterable[NodeKey]
) -> dict[str, set[UUID]]:
    """Return the names that versions of a kind belong to, as texts, each with those versions."""
    ids = [key.uuid for key in versions if key.kind is kind]
    if not ids:
        return {}
    column = NAMES[kind]
    rows = await tx.conn.execute(
        sa.select(column.label("name"), column.table.c.id).where(
            column.table.c.workspace == workspace, column.table.c.id.in_(ids)
        )
    )
    found: dict[str, set[UUID]] = {}
    for row in rows:
        found.setdefault(str(row.name), set()).add(row.id)
    return found


async def _fetch_digests(tx: Transaction, workspace: WorkspaceID, versions: Collection[NodeKey]) -> set[str]:
    found: set[str] = set()
    for kind, table in DIGESTS.items():
        ids = [key.uuid for key in versions if key.kind is kind]
        if ids:
            rows = await tx.conn.execute(
                sa.select(table.c.digest).where(
                    table.c.workspace == workspace, table.c.id.in_(ids), table.c.digest.is_not(None)
                )
            )
            found.update(rows.scalars())
    return found
