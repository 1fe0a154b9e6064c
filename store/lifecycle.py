"""Heartbeats of runs, and the sweeper that calls a run LOST when they stop."""

from __future__ import annotations

import sqlalchemy as sa

from domain.errors import InvalidInput
from domain.ids import AttemptID, RunID, WorkspaceID
from domain.runs import RunStatus
from store.counters import Counters, lock_counters, lock_run, save_counters
from store.database import Database
from store.run_edits import lock_run_row, save_run_row
from store.standing import read_standing
from store.transactions import Transaction

MISSED = 3
"""Heartbeats that a run may miss."""

LONGEST_S = 86_400
DEFAULT_S = 30
BATCH = 100

SILENT = sa.text(
    """
    SELECT workspace, run FROM run_counters
    WHERE heartbeat_seconds IS NOT NULL AND heartbeat < now() - make_interval(secs => :missed)
      AND heartbeat < now() - make_interval(secs => :missed * heartbeat_seconds)
    ORDER BY workspace, run LIMIT :batch
    """
)
IS_SILENT = sa.text("SELECT CAST(:heartbeat AS timestamptz) < now() - make_interval(secs => :silence)")


async def beat(
    tx: Transaction, workspace: WorkspaceID, run: RunID, *, seconds: int = DEFAULT_S, attempt: AttemptID | None = None
) -> None:
    """Note that a run is alive and will be heard of again within `seconds`; a LOST run is RUNNING again.

    A heartbeat alone raises no revision. One of an earlier attempt, or of a run that ended, changes nothing but the
    time that it was heard of.
    """
    if not 1 <= seconds <= LONGEST_S:
        raise InvalidInput(f"{seconds} s between heartbeats; from 1 to {LONGEST_S} can be taken", path=["seconds"])
    counters = await lock_run(tx, workspace, run)
    standing = await read_standing(tx, workspace, run, attempt)
    row = await lock_run_row(tx, counters)
    counters.heartbeat = (await tx.conn.execute(sa.select(sa.func.now()))).scalar_one()
    if not RunStatus(row.status).is_end and not standing.yields_to(row.attempt):
        counters.heartbeat_seconds = seconds
        if row.status == RunStatus.LOST:
            await save_run_row(tx, counters, row, {"status": RunStatus.RUNNING.value})
    await save_counters(tx, counters)


async def sweep_lost_runs(database: Database) -> int:
    """Write those RUNNING runs LOST that missed three heartbeats; return how many. Runs that never beat are left."""
    lost = 0
    while True:
        async with database.write() as tx:
            rows = await tx.conn.execute(SILENT, {"missed": MISSED, "batch": BATCH})
            silent: dict[WorkspaceID, list[RunID]] = {}
            for workspace, run in rows:
                silent.setdefault(WorkspaceID(workspace), []).append(RunID(run))
            for workspace, runs in silent.items():
                for counters in (await lock_counters(tx, workspace, runs)).values():
                    lost += await _lose(tx, counters)
        if sum(map(len, silent.values())) < BATCH:
            return lost


async def _lose(tx: Transaction, counters: Counters) -> bool:
    """Write a locked run LOST, if it is still silent now that it is locked."""
    if counters.heartbeat is None or counters.heartbeat_seconds is None:
        return False
    times = {"heartbeat": counters.heartbeat, "silence": MISSED * counters.heartbeat_seconds}
    if not await tx.conn.scalar(IS_SILENT, times):
        return False
    row = await lock_run_row(tx, counters)
    counters.heartbeat_seconds = None
    is_lost = bool(row.status == RunStatus.RUNNING)
    if is_lost:
        await save_run_row(tx, counters, row, {"status": RunStatus.LOST.value})
    await save_counters(tx, counters)
    return is_lost
