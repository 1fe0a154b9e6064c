"""What is known of a metric in an experiment: its goal, its unit, its step metric."""

from __future__ import annotations

from collections.abc import Collection
from uuid import UUID

import sqlalchemy as sa
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.ext.asyncio import AsyncConnection

from domain.errors import NotFound
from domain.ids import ExperimentID, NodeKey, NodeKind, RunID, WorkspaceID
from domain.metrics import Goal, MetricDefinition
from store import tables
from store.counters import lock_counters, save_counters
from store.database import Database
from store.metrics.settling import settle_workspace
from store.outbox import Changed
from store.transactions import Transaction

BATCH_RUNS = 500

definitions = tables.metric_definitions
keys = tables.keys


async def define_metric(
    tx: Transaction,
    workspace: WorkspaceID,
    experiment: ExperimentID,
    *,
    key: int,
    definition: MetricDefinition,
    step_metric: int | None = None,
) -> bool:
    """Write a definition in place of the one there is, and say whether the goal changed.

    `key` and `step_metric` are interned before. After a changed goal the compactor raises the revisions of the
    experiment's runs that have the metric. Raises `NotFound` for the experiment.
    """
    rows = tables.experiments
    raised = await tx.conn.execute(
        sa.update(rows)
        .where(rows.c.workspace == workspace, rows.c.id == experiment)
        .values(revision=rows.c.revision + 1)
        .returning(rows.c.revision)
    )
    revision = raised.scalar()
    if revision is None:
        raise NotFound(f"no experiment {experiment} in this workspace", path=["experiment"])
    where = (definitions.c.workspace == workspace, definitions.c.experiment == experiment, definitions.c.key == key)
    before = (await tx.conn.execute(sa.select(definitions.c.goal, definitions.c.raising).where(*where))).first()
    goal = None if definition.goal is None else definition.goal.value
    changed = goal != (None if before is None else before.goal)
    values = {
        "goal": goal,
        "unit": definition.unit,
        "step_metric": step_metric,
        "raising": changed or (before is not None and before.raising),
        "updated_at": sa.func.now(),
    }
    statement = insert(definitions).values(workspace=workspace, experiment=experiment, key=key, **values)
    await tx.conn.execute(statement.on_conflict_do_update(index_elements=definitions.primary_key, set_=values))
    tx.changed(workspace, NodeKey(NodeKind.EXPERIMENT, experiment), revision, Changed.DOCUMENT)
    return changed


async def fetch_definitions(
    conn: AsyncConnection, workspace: WorkspaceID, experiments: Collection[ExperimentID]
) -> dict[tuple[ExperimentID, str], MetricDefinition]:
    """Return all definitions of those experiments, by experiment and key, in one query."""
    axis = keys.alias("axis")
    statement = (
        sa.select(definitions, keys.c.name, axis.c.name.label("axis"))
        .join(keys, sa.and_(keys.c.workspace == definitions.c.workspace, keys.c.id == definitions.c.key))
        .outerjoin(axis, sa.and_(axis.c.workspace == definitions.c.workspace, axis.c.id == definitions.c.step_metric))
        .where(
            definitions.c.workspace == workspace,
            definitions.c.experiment == sa.func.any(sa.cast(list(experiments), sa.ARRAY(sa.Uuid))),
        )
    )
    return {
        (ExperimentID(row.experiment), row.name): MetricDefinition(
            goal=None if row.goal is None else Goal(row.goal), unit=row.unit, step_metric=row.axis
        )
        for row in await conn.execute(statement)
    }


async def fetch_raising(conn: AsyncConnection) -> list[tuple[WorkspaceID, ExperimentID, int]]:
    """Return the definitions whose goal changed and whose runs' revisions are still to be raised."""
    columns = definitions.c
    found = await conn.execute(sa.select(columns.workspace, columns.experiment, columns.key).where(columns.raising))
    return [(WorkspaceID(row.workspace), ExperimentID(row.experiment), row.key) for row in found]


async def raise_revisions(database: Database, workspace: WorkspaceID, experiment: ExperimentID, key: int) -> int:
    """Raise the revision of every run of the experiment that has the metric, in batches; return how many.

    A run whose only points of the metric are unsettled has it too: the workspace is settled first. Killed in the
    middle it begins again: a revision that rises twice does no harm.
    """
    await settle_workspace(database, workspace)
    after: UUID | None = None
    raised = 0
    while True:
        async with database.write() as tx:
            runs = await _fetch_runs(tx, workspace, experiment, key, after)
            for locked in (await lock_counters(tx, workspace, runs)).values():
                locked.raise_revision(tx, Changed.DOCUMENT)
                await save_counters(tx, locked)
            if len(runs) < BATCH_RUNS:
                await _note_raised(tx, workspace, experiment, key)
        raised += len(runs)
        if len(runs) < BATCH_RUNS:
            return raised
        after = runs[-1]


async def _fetch_runs(
    tx: Transaction, workspace: WorkspaceID, experiment: ExperimentID, key: int, after: UUID | None
) -> list[RunID]:
    runs, summaries = tables.runs.c, tables.metric_summaries.c
    statement = (
        sa.select(runs.id)
        .join(tables.metric_summaries, sa.and_(summaries.workspace == runs.workspace, summaries.run == runs.id))
        .where(runs.workspace == workspace, runs.experiment == experiment, summaries.key == key)
        .order_by(runs.id)
        .limit(BATCH_RUNS)
    )
    if after is not None:
        statement = statement.where(runs.id > after)
    return list((await tx.conn.execute(statement)).scalars())


async def _note_raised(tx: Transaction, workspace: WorkspaceID, experiment: ExperimentID, key: int) -> None:
    await tx.conn.execute(
        sa.update(definitions)
        .where(definitions.c.workspace == workspace, definitions.c.experiment == experiment, definitions.c.key == key)
        .values(raising=False)
    )
