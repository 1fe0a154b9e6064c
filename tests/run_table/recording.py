"""Plain runs written into the record's tables, a workspace of their own each time."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import Any
from uuid import uuid4

import sqlalchemy as sa
from sqlalchemy.ext.asyncio import AsyncConnection

from domain.ids import NodeKind, WorkspaceID
from domain.parameters import parse_parameter
from domain.times import EPOCH, make_now
from store import tables
from store.database import Database
from store.keys import Keys
from tests.run_table.oracle import JSONText, PlainExperiment, PlainRun


async def record_workspace(
    database: Database, keys: Keys, runs: Sequence[PlainRun], experiments: Sequence[PlainExperiment] = ()
) -> WorkspaceID:
    """Write runs, and experiments that may have none, into a new workspace."""
    workspace = WorkspaceID(uuid4())
    held = {id(run.experiment): run.experiment for run in runs} | {id(found): found for found in experiments}
    async with database.write() as tx:
        await _insert(tx.conn, tables.workspaces, [{"id": workspace, "name": str(workspace)}])
    ids = await keys.intern(workspace, _names(runs, held.values()))
    async with database.write() as tx:
        await _insert_experiments(tx.conn, workspace, list(held.values()), ids)
    await record_runs(database, workspace, runs, ids)
    return workspace


async def record_runs(
    database: Database, workspace: WorkspaceID, runs: Sequence[PlainRun], ids: dict[str, int]
) -> None:
    """Write runs of experiments that are there."""
    async with database.write() as tx:
        # A parent may come behind its child.
        orphans = [_run_row(workspace, run) | {"parent": None} for run in runs]
        await _insert(tx.conn, tables.runs, orphans)
        for run in runs:
            if run.parent is not None:
                await tx.conn.execute(
                    sa.update(tables.runs)
                    .where(tables.runs.c.workspace == workspace, tables.runs.c.id == run.id)
                    .values(parent=run.parent)
                )
        await _insert(tx.conn, tables.parameters, list(_parameter_rows(workspace, runs, ids)))
        await _insert(tx.conn, tables.metric_summaries, list(_summary_rows(workspace, runs, ids)))
        await _insert(tx.conn, tables.tags, list(_tag_rows(workspace, runs, ids)))


async def _insert(conn: AsyncConnection, table: sa.Table, rows: list[dict[str, Any]]) -> None:
    if rows:
        await conn.execute(sa.insert(table), rows)


def _names(runs: Iterable[PlainRun], experiments: Iterable[PlainExperiment]) -> set[str]:
    found = {name for run in runs for values in (run.params, run.metrics, run.tags) for name in values}
    return found | {name for experiment in experiments for name in experiment.goals}


async def _insert_experiments(
    conn: AsyncConnection, workspace: WorkspaceID, experiments: list[PlainExperiment], ids: dict[str, int]
) -> None:
    rows = [
        {
            "workspace": workspace,
            "id": experiment.id,
            "name": experiment.name,
            "archived_at": make_now() if experiment.archived else None,
            "deleted_at": make_now() if experiment.deleted else None,
        }
        for experiment in experiments
    ]
    await _insert(conn, tables.experiments, rows)
    goals = [
        {"workspace": workspace, "experiment": experiment.id, "key": ids[name], "goal": goal}
        for experiment in experiments
        for name, goal in experiment.goals.items()
    ]
    await _insert(conn, tables.metric_definitions, goals)


def _run_row(workspace: WorkspaceID, run: PlainRun) -> dict[str, Any]:
    same = ("id", "number", "name", "kind", "status", "description", "created_by", "host", "attempt", "started_at")
    return {
        **{name: getattr(run, name) for name in same},
        "workspace": workspace,
        "experiment": run.experiment.id,
        "ended_at": run.ended_at,
        "created_at": run.created_at,
        "archived_at": EPOCH if run.archived else None,
        "deleted_at": EPOCH if run.deleted else None,
    }


def _parameter_rows(workspace: WorkspaceID, runs: Iterable[PlainRun], ids: dict[str, int]) -> Iterable[dict[str, Any]]:
    for run in runs:
        for name, value in run.params.items():
            parameter = parse_parameter(name, [value.text] if isinstance(value, JSONText) else value)
            columns = {column: getattr(parameter, column) for column in ("raw", "number", "rest", "boolean")}
            yield {"workspace": workspace, "run": run.id, "key": ids[name], "type": int(parameter.type), **columns}


def _summary_rows(workspace: WorkspaceID, runs: Iterable[PlainRun], ids: dict[str, int]) -> Iterable[dict[str, Any]]:
    for run in runs:
        for name, series in run.metrics.items():
            points = {"first": series.first, "last": series.last, "min": series.least, "max": series.greatest}
            row = {"workspace": workspace, "run": run.id, "key": ids[name], "count": series.count}
            row |= {"nans": 0, "infinities": 0, "first_rank": 0, "last_rank": 0}
            for point, value in points.items():
                there = 0 if value is not None else None
                row |= {f"{point}_step": there, f"{point}_time": there, f"{point}_value": value}
            yield row


def _tag_rows(workspace: WorkspaceID, runs: Iterable[PlainRun], ids: dict[str, int]) -> Iterable[dict[str, Any]]:
    for run in runs:
        for name, value in run.tags.items():
            kind = NodeKind.RUN.value
            yield {"workspace": workspace, "subject": run.id, "key": ids[name], "kind": kind, "value": value}
