"""Delete what stood on a purged run or experiment, in transactions that stay short."""

from __future__ import annotations

from typing import Any
from uuid import UUID

import sqlalchemy as sa
from sqlalchemy.exc import IntegrityError

from domain.ids import ExperimentID, NodeKey, NodeKind, RunID, WorkspaceID
from store import tables
from store.counters import lock_counters, save_counters
from store.database import Database
from store.outbox import Changed
from store.transactions import Transaction

BATCH = 2000
CHILDREN = 200

artifacts, notes, purged, runs = tables.artifacts, tables.notes, tables.purged, tables.runs


async def delete_run_rows(database: Database, workspace: WorkspaceID, run: RunID) -> None:
    """Delete every row of a run that was taken away. May be called again at any point."""
    for artifact in await fetch_ids(database, artifacts, workspace, artifacts.c.run == run):
        await _purge_notes(database, workspace, artifact)
    await _purge_notes(database, workspace, run)
    await _purge_nodes(database, workspace, artifacts, artifacts.c.run == run, NodeKind.ARTIFACT)
    for table in _find_tables_of_runs():
        await _delete_rows(database, table, (table.c.workspace == workspace, table.c.run == run))
    await _delete_names(database, workspace, run)
    while not await _delete_run(database, workspace, run):
        await _detach_children(database, workspace, run)


async def delete_experiment_rows(database: Database, workspace: WorkspaceID, experiment: ExperimentID) -> None:
    """Delete every row of a purged experiment whose runs are gone."""
    await _purge_notes(database, workspace, experiment)
    await _delete_names(database, workspace, experiment)
    definitions, rows = tables.metric_definitions, tables.experiments
    at = (definitions.c.workspace == workspace, definitions.c.experiment == experiment)
    await _delete_rows(database, definitions, at)
    async with database.write() as tx:
        await tx.conn.execute(sa.delete(rows).where(rows.c.workspace == workspace, rows.c.id == experiment))
        await _mark_finished(tx, workspace, experiment)


async def fetch_ids(
    database: Database, table: sa.Table, workspace: WorkspaceID, condition: sa.ColumnElement[bool]
) -> list[UUID]:
    """Return the ids of those rows of a table."""
    async with database.read_primary() as conn:
        rows = await conn.execute(sa.select(table.c.id).where(table.c.workspace == workspace, condition))
        return list(rows.scalars())


def _find_tables_of_runs() -> list[sa.Table]:
    """Return the tables whose rows belong to a run, so that a new one is never forgotten here."""
    return [table for table in tables.metadata.sorted_tables if "run" in table.c and table is not artifacts]


async def _delete_names(database: Database, workspace: WorkspaceID, subject: UUID) -> None:
    tags, foreign, texts = tables.tags, tables.foreign_ids, tables.texts
    await _delete_rows(database, texts, (texts.c.workspace == workspace, texts.c.subject == subject))
    await _delete_rows(database, tags, (tags.c.workspace == workspace, tags.c.subject == subject))
    await _delete_rows(database, foreign, (foreign.c.workspace == workspace, foreign.c.node == subject))


async def _delete_rows(database: Database, table: sa.Table, condition: tuple[sa.ColumnElement[bool], ...]) -> None:
    own = sa.tuple_(*table.primary_key.columns)
    batch = sa.select(*table.primary_key.columns).where(*condition).limit(BATCH)
    done = BATCH
    while done == BATCH:
        async with database.write() as tx:
            done = (await tx.conn.execute(sa.delete(table).where(own.in_(batch)))).rowcount


async def _purge_notes(database: Database, workspace: WorkspaceID, subject: UUID) -> None:
    await _purge_nodes(database, workspace, notes, notes.c.subject == subject, NodeKind.NOTE)


async def _purge_nodes(
    database: Database, workspace: WorkspaceID, table: sa.Table, condition: sa.ColumnElement[bool], kind: NodeKind
) -> None:
    """Delete rows that are nodes of their own: their ids are refused too, and readers of the outbox hear of it."""
    found: list[Any] = [None]
    while found:
        async with database.write() as tx:
            wanted = sa.select(table.c.id, table.c.revision).where(table.c.workspace == workspace, condition)
            found = list((await tx.conn.execute(wanted.order_by(table.c.id).limit(BATCH).with_for_update())).all())
            if found:
                await purge_batch(tx, workspace, table, {row.id: row.revision for row in found}, kind)


async def purge_batch(
    tx: Transaction, workspace: WorkspaceID, table: sa.Table, revisions: dict[UUID, int], kind: NodeKind
) -> None:
    """Delete locked rows that are nodes of their own, and refuse their ids; `revisions` are those they have."""
    if table is notes:
        versions = tables.note_versions
        await tx.conn.execute(
            sa.delete(versions).where(versions.c.workspace == workspace, versions.c.note.in_(revisions))
        )
    texts = tables.texts
    await tx.conn.execute(sa.delete(texts).where(texts.c.workspace == workspace, texts.c.subject.in_(revisions)))
    refused = [{"workspace": workspace, "id": id_, "kind": kind.value, "unfinished": False} for id_ in revisions]
    await tx.conn.execute(sa.dialects.postgresql.insert(purged).values(refused).on_conflict_do_nothing())
    await tx.conn.execute(sa.delete(table).where(table.c.workspace == workspace, table.c.id.in_(revisions)))
    for id_, revision in revisions.items():
        tx.changed(workspace, NodeKey(kind, id_), revision + 1, Changed.DOCUMENT)


async def _detach_children(database: Database, workspace: WorkspaceID, run: RunID) -> None:
    """Leave a batch of a run's children without a parent."""
    async with database.write() as tx:
        wanted = sa.select(runs.c.id).where(runs.c.workspace == workspace, runs.c.parent == run).limit(CHILDREN)
        children = [RunID(child) for child in (await tx.conn.execute(wanted)).scalars()]
        locked = await lock_counters(tx, workspace, children)
        await tx.conn.execute(
            sa.update(runs)
            .where(runs.c.workspace == workspace, runs.c.id.in_(children), runs.c.parent == run)
            .values(parent=None, version=runs.c.version + 1)
        )
        for counters in locked.values():
            counters.raise_revision(tx, Changed.GRAPH | Changed.DOCUMENT)
            await save_counters(tx, counters)


async def _delete_run(database: Database, workspace: WorkspaceID, run: RunID) -> bool:
    """Delete the run's own row; False while it has children, one made a moment ago perhaps."""
    try:
        async with database.write() as tx:
            await tx.conn.execute(sa.delete(runs).where(runs.c.workspace == workspace, runs.c.id == run))
            await _mark_finished(tx, workspace, run)
    except IntegrityError:
        return False
    return True


async def _mark_finished(tx: Transaction, workspace: WorkspaceID, purged_id: UUID) -> None:
    await tx.conn.execute(
        sa.update(purged).where(purged.c.workspace == workspace, purged.c.id == purged_id).values(unfinished=False)
    )
