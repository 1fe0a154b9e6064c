"""Purging: what was deleted goes for good, in short transactions; its id stays refused for ever.

The first transaction takes a run's counters away, so that nobody can write to it or see it any more. What is left is
deleted in batches; a process that dies in between leaves `purged.unfinished`, and another goes on.
"""

from __future__ import annotations

from uuid import UUID

import sqlalchemy as sa

from domain.deliveries import Delivery
from domain.errors import Conflict, Gone
from domain.ids import ExperimentID, NodeKey, NodeKind, NoteID, RunID, WorkspaceID
from domain.positions import Token
from store import tables
from store.counters import lock_run
from store.database import Database
from store.experiments import lock_experiment, resolve_experiment
from store.lineage.purged import audit_purge, check_descendants
from store.notes import lock_note
from store.once import Values, write_once
from store.outbox import Changed
from store.purge_batches import delete_experiment_rows, delete_run_rows, fetch_ids, purge_batch
from store.run_edits import lock_run_row
from store.transactions import Transaction

purged, runs = tables.purged, tables.runs

PURGE_RUN = Delivery(operation="purgeRun", digest=b"")
PURGE_EXPERIMENT = Delivery(operation="purgeExperiment", digest=b"")
"""Purges that are not known again when they are sent twice."""


async def purge_run(
    database: Database,
    workspace: WorkspaceID,
    run: RunID,
    *,
    delivery: Delivery = PURGE_RUN,
    despite_descendants: bool = False,
    principal: str | None = None,
) -> Token:
    """Purge a deleted run and all that stands on it; its edges stay, and lead through what is left of it.

    Its child runs stay, without a parent. A repeat by client key gets the first answer. Raises `Conflict` if it is not
    deleted, `HasDescendants` if something that lives was made of it, unless that is meant, `NotFound`, `Gone`.
    """

    async def work(tx: Transaction) -> Values:
        await _take_away(tx, workspace, run, only_deleted=True)
        found = await check_descendants(tx, workspace, [run], despite=despite_descendants, field="run")
        await audit_purge(tx, workspace, NodeKey(NodeKind.RUN, run), found, principal=principal)
        return {}

    answer = await write_once(database, workspace, delivery, work)
    if not answer.repeated:
        await delete_run_rows(database, workspace, run)
    return answer.token


async def purge_experiment(
    database: Database,
    workspace: WorkspaceID,
    experiment: UUID | str,
    *,
    delivery: Delivery = PURGE_EXPERIMENT,
    despite_descendants: bool = False,
    principal: str | None = None,
) -> Token:
    """Purge a deleted experiment with all its runs. A repeat by client key gets the first answer.

    `experiment` is its id or its name; a repeat does not ask, for the name is free by then. Raises `Conflict` if it is
    not deleted, `HasDescendants` if something that lives outside it was made of one of its runs, unless that is meant,
    `NotFound`, `Gone`.
    """

    async def work(tx: Transaction) -> Values:
        purged_id = await resolve_experiment(tx.conn, workspace, experiment)
        row = await lock_experiment(tx, workspace, purged_id)
        if row.deleted_at is None:
            raise Conflict(f"experiment {purged_id} is not deleted: delete it first", path=["experiment"])
        key = NodeKey(NodeKind.EXPERIMENT, purged_id)
        inside = [
            RunID(one) for one in await tx.conn.scalars(sa.select(runs.c.id).where(*_within(workspace, purged_id)))
        ]
        found = await check_descendants(tx, workspace, inside, despite=despite_descendants, field="experiment")
        await audit_purge(tx, workspace, key, found, principal=principal)
        await _refuse(tx, workspace, key)
        tx.changed(workspace, key, row.revision + 1, Changed.DOCUMENT)
        return {"experiment": str(purged_id)}

    answer = await write_once(database, workspace, delivery, work)
    if not answer.repeated:
        await _finish_experiment(database, workspace, ExperimentID(UUID(answer.values["experiment"])))
    return answer.token


async def purge_note(tx: Transaction, workspace: WorkspaceID, note: NoteID) -> None:
    """Purge a deleted note with every version of it. Raises `Conflict` if it is not deleted, `NotFound`, `Gone`."""
    row = await lock_note(tx, workspace, note)
    if row.deleted_at is None:
        raise Conflict(f"note {note} is not deleted: delete it first", path=["note"])
    await purge_batch(tx, workspace, tables.notes, {note: row.revision}, NodeKind.NOTE)


async def finish_purges(database: Database) -> int:
    """Go on with purges that were interrupted; return how many there were."""
    async with database.read_primary() as conn:
        rows = (await conn.execute(sa.select(purged).where(purged.c.unfinished).order_by(purged.c.purged_at))).all()
    for row in rows:
        if row.kind == NodeKind.EXPERIMENT.value:
            await _finish_experiment(database, row.workspace, row.id)
        else:
            await delete_run_rows(database, row.workspace, row.id)
    return len(rows)


async def _finish_experiment(database: Database, workspace: WorkspaceID, experiment: ExperimentID) -> None:
    for run in await fetch_ids(database, runs, workspace, runs.c.experiment == experiment):
        try:
            async with database.write() as tx:
                await _take_away(tx, workspace, RunID(run), only_deleted=False)
        except Gone:  # taken away before; its rows may still be there
            pass
        await delete_run_rows(database, workspace, RunID(run))
    await delete_experiment_rows(database, workspace, experiment)


def _within(workspace: WorkspaceID, experiment: ExperimentID) -> tuple[sa.ColumnElement[bool], ...]:
    return (runs.c.workspace == workspace, runs.c.experiment == experiment)


async def _take_away(tx: Transaction, workspace: WorkspaceID, run: RunID, *, only_deleted: bool) -> None:
    """Make a run unwritable and unseen, and its id refused."""
    compaction, counters = tables.compaction, tables.run_counters
    owned = (compaction.c.workspace == workspace, compaction.c.run == run)
    await tx.conn.execute(sa.select(compaction.c.run).where(*owned).with_for_update())
    locked = await lock_run(tx, workspace, run)
    row = await lock_run_row(tx, locked)
    if only_deleted and row.deleted_at is None:
        raise Conflict(f"run {run} is not deleted: delete it first", path=["run"])
    locked.raise_revision(tx, Changed.GRAPH | Changed.DOCUMENT)
    await _refuse(tx, workspace, NodeKey(NodeKind.RUN, run))
    await tx.conn.execute(sa.delete(compaction).where(*owned))
    await tx.conn.execute(sa.delete(counters).where(counters.c.workspace == workspace, counters.c.run == run))


async def _refuse(tx: Transaction, workspace: WorkspaceID, key: NodeKey) -> None:
    await tx.conn.execute(
        sa.dialects.postgresql.insert(purged)
        .values(workspace=workspace, id=key.uuid, kind=key.kind.value)
        .on_conflict_do_nothing()
    )
