"""The attempts of runs: read in order, and registered when a write names one for the first time."""

from __future__ import annotations

from collections.abc import Collection

import asyncpg
import sqlalchemy as sa
from sqlalchemy.ext.asyncio import AsyncConnection

from domain.attempts import MAX_ATTEMPTS, Attempt, AttemptOrder
from domain.errors import TooLarge
from domain.ids import AttemptID, RunID, WorkspaceID
from store import tables
from store.transactions import Transaction

attempts = tables.attempts

NO_ATTEMPTS = AttemptOrder.of([])


async def fetch_attempts(conn: AsyncConnection, workspace: WorkspaceID, run: RunID) -> AttemptOrder:
    """Return the attempts of a run in order; a writer reads them after the counters are locked."""
    return (await fetch_attempts_by_run(conn, workspace, [run]))[run]


async def fetch_attempts_by_run(
    conn: AsyncConnection, workspace: WorkspaceID, runs: Collection[RunID]
) -> dict[RunID, AttemptOrder]:
    """Return the attempts of several runs, in one query."""
    statement = sa.select(attempts).where(
        attempts.c.workspace == workspace, attempts.c.run == sa.func.any(sa.cast(list(runs), sa.ARRAY(sa.Uuid)))
    )
    found: dict[RunID, list[Attempt]] = {run: [] for run in runs}
    for row in await conn.execute(statement):
        found[row.run].append(
            Attempt(
                number=row.number,
                id=row.id,
                after=row.after,
                restart_count=row.restart_count,
                from_step=row.from_step,
                declared=row.declared,
            )
        )
    return {run: AttemptOrder.of(those) for run, those in found.items()}


async def read_attempts(tx: Transaction, workspace: WorkspaceID, runs: Collection[RunID]) -> dict[RunID, AttemptOrder]:
    """Like `fetch_attempts_by_run`, under the locks of the runs' counters: those it began with cost no query."""
    opened = {run: _read_opened(row) for run in runs if (row := tx.opened.get((workspace, run))) is not None}
    others = [run for run in runs if run not in opened]
    return opened if not others else opened | await fetch_attempts_by_run(tx.conn, workspace, others)


def _read_opened(row: asyncpg.Record) -> AttemptOrder:
    if row["attempt_numbers"] is None:
        return NO_ATTEMPTS
    columns = (row[f"attempt_{name}"] for name in ("numbers", "ids", "afters", "restarts", "steps", "declared"))
    return AttemptOrder.of(
        [
            Attempt(number=number, id=made, after=after, restart_count=restarts, from_step=step, declared=declared)
            for number, made, after, restarts, step, declared in zip(*columns, strict=True)
        ]
    )


async def insert_attempt(tx: Transaction, workspace: WorkspaceID, run: RunID, attempt: Attempt) -> None:
    """Add an attempt under its number, counted from 1; its run's counters must be locked. Raises `TooLarge`."""
    if attempt.number > MAX_ATTEMPTS:
        raise TooLarge(
            f"run {run} has {MAX_ATTEMPTS:,} attempts, no more are taken: write {attempt.id} into a new run",
            path=["attempt"],
        )
    tx.opened.pop((workspace, run), None)
    await tx.conn.execute(
        sa.insert(attempts).values(
            workspace=workspace,
            run=run,
            number=attempt.number,
            id=attempt.id,
            after=attempt.after,
            restart_count=attempt.restart_count,
            from_step=attempt.from_step,
            declared=attempt.declared,
        )
    )


async def name_attempt(tx: Transaction, workspace: WorkspaceID, run: RunID, attempt: AttemptID | None) -> AttemptOrder:
    """Return the run's attempts, `attempt` among them: one met for the first time is noted, as not yet declared.

    So a rank may write before the `resumeRun` of another has arrived. Call it under `lock_run`.
    """
    order = (await read_attempts(tx, workspace, [run]))[run]
    if attempt is None or order.find(attempt) is not None:
        return order
    return await note_attempt(tx, workspace, run, order, attempt)


async def note_attempt(
    tx: Transaction, workspace: WorkspaceID, run: RunID, order: AttemptOrder, attempt: AttemptID
) -> AttemptOrder:
    """Add an attempt that was only named so far, and return the order with it."""
    number = max((one.number for one in order.attempts), default=0) + 1
    noted = Attempt(number=number, id=attempt, declared=False)
    await insert_attempt(tx, workspace, run, noted)
    after = AttemptOrder.of([*order.attempts, noted])
    await move_ranks(tx, workspace, run, before=order, after=after)
    return after


MOVE_RANKS = """
UPDATE {table} SET first_rank = coalesce((CAST(:ranks AS int[]))[first_rank + 1], first_rank),
                   last_rank = coalesce((CAST(:ranks AS int[]))[last_rank + 1], last_rank)
WHERE workspace = :workspace AND run = :run AND (first_rank >= :lowest OR last_rank >= :lowest)
"""


async def move_ranks(
    tx: Transaction, workspace: WorkspaceID, run: RunID, *, before: AttemptOrder, after: AttemptOrder
) -> None:
    """Write the new ranks into the run's summaries when an attempt went in between; under the counters' lock."""
    ranks = [after.rank(number) for number in before.numbers]
    moved = [rank for rank, new in enumerate(ranks) if rank != new]
    if not moved:
        return
    values = {"ranks": ranks, "workspace": workspace, "run": run, "lowest": moved[0]}
    for table in ("metric_summaries", "metric_measurements"):
        await tx.conn.execute(sa.text(MOVE_RANKS.format(table=table)), values)
