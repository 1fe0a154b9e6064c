"""Evaluations: the measuring sides of runs, made with their first edge."""

from __future__ import annotations

from collections.abc import Collection
from uuid import UUID

import sqlalchemy as sa
from sqlalchemy.ext.asyncio import AsyncConnection

from domain.ids import NodeKey, NodeKind, RunID, WorkspaceID
from domain.lineage.nodes import Evaluation
from domain.lineage.roles import make_evaluation_id
from store import tables
from store.outbox import Changed
from store.transactions import Transaction

evaluations = tables.evaluations

INSERT = """
INSERT INTO evaluations (workspace, id, of_run) SELECT $1, row.* FROM unnest($2::uuid[], $3::uuid[]) AS row
ON CONFLICT (workspace, id) DO NOTHING RETURNING id
"""


async def insert_evaluations(tx: Transaction, workspace: WorkspaceID, runs: Collection[RunID]) -> None:
    """Make the Evaluations of runs that have none yet, in the order of their ids."""
    if not runs:
        return
    made = sorted((make_evaluation_id(run), run) for run in runs)
    rows = await tx.driver.fetch(INSERT, workspace, [one for one, _ in made], [run for _, run in made])
    for row in rows:
        tx.changed(workspace, NodeKey(NodeKind.EVALUATION, row["id"]), 1, Changed.GRAPH)


async def fetch_evaluations(
    conn: AsyncConnection, workspace: WorkspaceID, ids: Collection[UUID]
) -> dict[UUID, Evaluation]:
    """Return those Evaluations of the workspace that exist, in one query."""
    statement = sa.select(evaluations).where(evaluations.c.workspace == workspace, evaluations.c.id.in_(ids))
    return {
        row.id: Evaluation(id=row.id, run=RunID(row.of_run), created_at=row.created_at)
        for row in await conn.execute(statement)
    }
