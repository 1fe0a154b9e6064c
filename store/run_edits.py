"""What changes of a run after it was made: its end, its names, its parent, whether it is put away or deleted."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from datetime import datetime
from types import SimpleNamespace
from typing import Any

import sqlalchemy as sa

from domain.errors import Conflict, DomainError, InvalidInput, TooLarge
from domain.ids import AttemptID, NodeKey, NodeKind, RunID, WorkspaceID
from domain.lineage.edges import NEVER
from domain.lineage.kinds import EdgeKind
from domain.lineage.roles import make_evaluation_id
from domain.runs import BULK_LIMIT, RunEdit, RunStatus, check_ending
from domain.times import cut_to_millis
from domain.unset import UNSET
from store import tables
from store.counters import Counters, lock_counters, lock_run, missing_run, save_counters
from store.lineage.run_changes import follow_times, move_sides, record_parent
from store.outbox import Changed
from store.standing import Standing, read_standing
from store.texts import Place, replace_texts
from store.transactions import Transaction

runs, counted = tables.runs, tables.run_counters
PARENTS_LOCK = 0x70617265  # "pare": edits of parents go one by one, or two could close a circle between them

SEARCHED = (Place.NAME, Place.DESCRIPTION)
FIELDS = ("name", "description", "kind", "status", "parent", "created_by", "host", "started_at", "ended_at")
IN_GRAPH = frozenset({"name", "kind", "status", "parent", "started_at", "ended_at", "deleted_at"})

LOCK_ROW = "SELECT * FROM runs WHERE workspace = $1 AND id = $2 FOR NO KEY UPDATE"
# With it comes whether anything in lineage hangs on the run's times: most runs have no edge yet.
# The end of a run moves the times of what it made, and of what is not bound yet; all other edges hold from its start.
# Where there is neither, nobody has to take the workspace's lock of inference, for which everybody else then waits.
END = f"""
WITH ended AS (
  UPDATE runs SET status = $3, ended_at = COALESCE($4, now()), version = version + 1 WHERE workspace = $1 AND id = $2
)
SELECT EXISTS (SELECT FROM edges WHERE workspace = $1 AND source = ANY($5::uuid[]) AND retracted = {NEVER}
               AND kind = {EdgeKind.GENERATED.value})
    OR EXISTS (SELECT FROM unbound_facts WHERE workspace = $1 AND other = $2 AND retracted = {NEVER})
"""
IS_ABOVE = sa.text(
    """
    WITH RECURSIVE above (id) AS (
        SELECT CAST(:parent AS uuid)
        UNION SELECT r.parent FROM runs r JOIN above ON r.id = above.id
        WHERE r.workspace = :workspace AND r.parent IS NOT NULL)
    SELECT EXISTS (SELECT FROM above WHERE id = :run)
    """
)


async def finish_run(
    tx: Transaction,
    workspace: WorkspaceID,
    run: RunID,
    status: RunStatus,
    *,
    ended_at: datetime | None = None,
    attempt: AttemptID | None = None,
) -> None:
    """End a run, now unless a time is given; an earlier attempt than the current one ends nothing.

    Raises `Conflict` if it ended otherwise before; ending it again the same way changes nothing.
    """
    counters = await lock_run(tx, workspace, run)
    standing = Standing(None) if attempt is None else await read_standing(tx, workspace, run, attempt)
    if await put_end(tx, counters, status, ended_at=ended_at, standing=standing):
        await save_counters(tx, counters)


async def put_end(
    tx: Transaction, counters: Counters, status: RunStatus, *, ended_at: datetime | None, standing: Standing
) -> bool:
    """End a run whose counters are locked, raising its revision; say whether that changed anything."""
    known, attempt = await _fetch_standing_status(tx, counters)
    if standing.yields_to(attempt):
        return False
    check_ending(counters.run, known, status)
    if known is status:
        return False
    counters.heartbeat_seconds = None
    sides = [counters.run, make_evaluation_id(counters.run)]
    at = cut_to_millis(ended_at)
    moves_edges = await tx.driver.fetchval(END, counters.workspace, counters.run, status.value, at, sides)
    counters.raise_revision(tx, Changed.DOCUMENT | Changed.GRAPH)
    if moves_edges:
        await follow_times(tx, counters.workspace, counters.run)
    return True


async def _fetch_standing_status(tx: Transaction, counters: Counters) -> tuple[RunStatus, AttemptID | None]:
    """Return the status and the current attempt of a run; neither changes while its counters are locked."""
    opened = tx.opened.pop((counters.workspace, counters.run), None)
    if opened is not None:
        return RunStatus(opened["run_status"]), opened["run_attempt"]
    row = await lock_run_row(tx, counters)
    return RunStatus(row.status), row.attempt


async def edit_run(
    tx: Transaction, workspace: WorkspaceID, run: RunID, edit: RunEdit, *, expected_version: int | None = None
) -> None:
    """Change what a person sets. Raises `Conflict` for another version than expected and for a circle of parents."""
    if edit.parent is not UNSET and edit.parent is not None:
        await _check_parent(tx, workspace, run, edit.parent)
    counters = await lock_run(tx, workspace, run)
    row = await lock_run_row(tx, counters)
    if expected_version is not None and row.version != expected_version:
        raise Conflict(f"the run's version is {row.version}, not {expected_version}", path=["expectedVersion"])
    values = _read_edit(edit, row)
    if edit.status is not UNSET and edit.status is not RunStatus.RUNNING:
        counters.heartbeat_seconds = None
    if values:
        await save_run_row(tx, counters, row, values)
        await _save_texts(tx, counters, values)
        await save_counters(tx, counters)
        await _follow(tx, counters, row, values)


async def _follow(tx: Transaction, counters: Counters, row: Any, values: Mapping[str, Any]) -> None:
    """Bring the run's edges in step with its kind, times and parent."""
    workspace, run = counters.workspace, counters.run
    if "kind" in values:
        await move_sides(tx, workspace, run)
    if values.keys() & {"started_at", "ended_at"}:
        await follow_times(tx, workspace, run)
    if "parent" in values:
        await record_parent(tx, workspace, run, values["parent"], former=row.parent)


async def _save_texts(tx: Transaction, counters: Counters, values: Mapping[str, Any]) -> None:
    texts = {place: values[place.name.lower()] for place in SEARCHED if place.name.lower() in values}
    if texts:
        await replace_texts(tx, counters.workspace, NodeKey(NodeKind.RUN, counters.run), texts)


def _read_edit(edit: RunEdit, row: Any) -> dict[str, Any]:
    asked = {field: cut_to_millis(getattr(edit, field)) for field in FIELDS}
    values = {field: value for field, value in asked.items() if value is not UNSET and value != getattr(row, field)}
    if "status" in values:
        if edit.status is RunStatus.LOST:
            raise InvalidInput("only the service writes a run LOST", path=["status"])
        if edit.status is RunStatus.RUNNING:
            values["ended_at"] = None
        elif row.ended_at is None:
            values.setdefault("ended_at", sa.func.now())
    return values


async def _check_parent(tx: Transaction, workspace: WorkspaceID, run: RunID, parent: RunID) -> None:
    await tx.conn.execute(sa.select(sa.func.pg_advisory_xact_lock(PARENTS_LOCK, workspace.int & 0x7FFFFFFF)))
    # A run has counters for as long as it was not purged.
    found = await tx.conn.scalar(
        sa.select(counted.c.run).where(counted.c.workspace == workspace, counted.c.run == parent)
    )
    if found is None:
        failure = await missing_run(tx, workspace, parent)
        raise type(failure)(failure.message, path=["parent"])
    if await tx.conn.scalar(IS_ABOVE, {"workspace": workspace, "run": run, "parent": parent}):
        raise Conflict(f"run {parent} is below run {run}, or is it: it cannot be its parent", path=["parent"])


async def archive_runs(
    tx: Transaction, workspace: WorkspaceID, asked: Collection[RunID], *, archived: bool
) -> dict[RunID, DomainError]:
    """Put runs away or take them out again; return the failures of those that are not there."""
    return await _mark(tx, workspace, asked, "archived_at", marked=archived)


async def delete_runs(tx: Transaction, workspace: WorkspaceID, asked: Collection[RunID]) -> dict[RunID, DomainError]:
    """Delete runs softly: they leave the lists and stay readable by id; return the failures of those not there."""
    return await _mark(tx, workspace, asked, "deleted_at", marked=True)


async def restore_runs(tx: Transaction, workspace: WorkspaceID, asked: Collection[RunID]) -> dict[RunID, DomainError]:
    """Undo soft deletions; return the failures of those that are not there."""
    return await _mark(tx, workspace, asked, "deleted_at", marked=False)


async def _mark(
    tx: Transaction, workspace: WorkspaceID, asked: Collection[RunID], column: str, *, marked: bool
) -> dict[RunID, DomainError]:
    if len(asked) > BULK_LIMIT:
        raise TooLarge(f"{len(asked)} runs; at most {BULK_LIMIT} are changed at once", path=["runs"])
    locked = await lock_counters(tx, workspace, asked)
    is_due = runs.c[column].is_(None) if marked else runs.c[column].is_not(None)
    rows = await tx.conn.execute(
        sa.update(runs)
        .where(runs.c.workspace == workspace, runs.c.id.in_(locked), is_due)
        .values({column: sa.func.now() if marked else None, "version": runs.c.version + 1})
        .returning(runs.c.id)
    )
    what = Changed.DOCUMENT | (Changed.GRAPH if column in IN_GRAPH else Changed.NOTHING)
    for run in rows.scalars().all():
        locked[run].raise_revision(tx, what)
        await save_counters(tx, locked[run])
    return {run: await missing_run(tx, workspace, run) for run in asked if run not in locked}


async def lock_run_row(tx: Transaction, counters: Counters) -> Any:
    """Lock the row of a run whose counters are locked."""
    row = await tx.driver.fetchrow(LOCK_ROW, counters.workspace, counters.run)
    return SimpleNamespace(**row)


async def save_run_row(tx: Transaction, counters: Counters, row: Any, values: Mapping[str, Any]) -> None:
    """Write a locked row with what changed, and raise the run's version and revision."""
    await tx.conn.execute(
        sa.update(runs)
        .where(runs.c.workspace == counters.workspace, runs.c.id == counters.run)
        .values(**values, version=row.version + 1)
    )
    counters.raise_revision(tx, Changed.DOCUMENT | (Changed.GRAPH if IN_GRAPH & values.keys() else Changed.NOTHING))
