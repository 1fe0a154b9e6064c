"""Begin another attempt of a run: what earlier ones logged above its first step is superseded, not deleted."""

from __future__ import annotations

from dataclasses import dataclass, replace

import asyncpg
import sqlalchemy as sa

from domain.attempts import UNNAMED, Attempt, AttemptOrder
from domain.errors import Conflict
from domain.ids import AttemptID, NodeKey, NodeKind, RunID, WorkspaceID
from store import tables
from store.counters import Counters, lock_run, save_counters
from store.driver import fetch_driver
from store.metrics.attempts import fetch_attempts, insert_attempt, move_ranks
from store.metrics.recomputing import recompute_series
from store.metrics.segments import decode_segment
from store.metrics.settling import settle
from store.outbox import Changed
from store.transactions import Transaction

LOWEST_STEP = -(2**63)

AT_ONCE = 1_000
"""Series whose summaries are computed again in the transaction of the resume; above, the compactor does it later."""

LOCK_COMPACTION = "SELECT FROM compaction WHERE workspace = $1 AND run = $2 FOR UPDATE"
FETCH_TOUCHED = """
SELECT DISTINCT key FROM metric_chunks WHERE workspace = $1 AND run = $2 AND attempt = $3 AND last_step >= $4
"""
FETCH_TOUCHED_SEGMENTS = """
SELECT payload FROM metric_segments WHERE workspace = $1 AND run = $2 AND attempt = $3 AND highest_step >= $4
"""
MARK = """
UPDATE metric_summaries SET recomputing = true WHERE workspace = $1 AND run = $2 AND key = ANY($3::int[]) RETURNING key
"""
MARK_RUN = "UPDATE compaction SET recomputing = true WHERE workspace = $1 AND run = $2"
SUPERSEDE_ARTIFACTS = """
UPDATE artifacts SET superseded = NOT superseded, revision = revision + 1, graph_revision = graph_revision + 1
WHERE workspace = $1 AND run = $2 AND attempt IS NOT DISTINCT FROM $3 AND step IS NOT NULL
      AND superseded <> (step > $4) RETURNING id, revision
"""


@dataclass(frozen=True, slots=True, kw_only=True)
class Resume:
    """A new attempt: `after` is the newest attempt its maker knew, `from_step` the last step that it goes on from."""

    attempt: AttemptID
    after: AttemptID | None = None
    restart_count: int = 0
    from_step: int | None = None


@dataclass(frozen=True, slots=True)
class Resumed:
    """Whether the attempt is the newest now, and whether summaries still hold points that it superseded."""

    current: bool
    recomputing: bool


async def resume_run(
    tx: Transaction, workspace: WorkspaceID, run: RunID, resume: Resume, *, at_once: int = AT_ONCE
) -> Resumed:
    """Add an attempt; idempotent by its id. Sets the run RUNNING if the attempt is its newest.

    Locks the run's compaction row, then its counters and its own row. Raises `NotFound`, `Gone`, and `Conflict` if
    the attempt is there with other facts.
    """
    driver = await fetch_driver(tx.conn)
    await driver.execute(LOCK_COMPACTION, workspace, run)
    counters = await lock_run(tx, workspace, run)
    before = await fetch_attempts(tx.conn, workspace, run)
    await settle(driver, counters, before)
    after = await _add_attempt(tx, workspace, run, before, resume)
    if after is None:
        return Resumed(before.current == resume.attempt, False)
    await move_ranks(tx, workspace, run, before=before, after=after)
    touched = await _fetch_touched(driver, workspace, run, before, after)
    recomputing = len(touched) > at_once
    if recomputing:
        await _put_off(tx, counters, after, touched)
    else:
        await recompute_series(tx, counters, after, sorted(touched))
    await _supersede_artifacts(tx, workspace, run, after)
    current = after.current == resume.attempt
    if current and before.find(resume.attempt) is None:
        _count_on_from(counters, resume.from_step)
    if current:
        await _set_running(tx, workspace, run, resume.attempt)
    counters.raise_revision(tx, Changed.DOCUMENT | Changed.POINTS)
    await save_counters(tx, counters)
    return Resumed(current, recomputing)


async def _add_attempt(
    tx: Transaction, workspace: WorkspaceID, run: RunID, before: AttemptOrder, resume: Resume
) -> AttemptOrder | None:
    """Return the order with the new attempt, or none if it was declared before."""
    made = Attempt(
        number=max((one.number for one in before.attempts), default=UNNAMED) + 1,
        id=resume.attempt,
        after=resume.after,
        restart_count=resume.restart_count,
        from_step=resume.from_step,
    )
    known = before.find(resume.attempt)
    if known is None:
        await insert_attempt(tx, workspace, run, made)
        return AttemptOrder.of([*before.attempts, made])
    made = replace(made, number=known.number)
    if known.declared:
        if known != made:
            raise Conflict(f"attempt {resume.attempt} began otherwise, from step {known.from_step}", path=["attempt"])
        return None
    rows = tables.attempts
    await tx.conn.execute(
        sa.update(rows)
        .where(rows.c.workspace == workspace, rows.c.run == run, rows.c.number == known.number)
        .values(after=made.after, restart_count=made.restart_count, from_step=made.from_step, declared=True)
    )
    return AttemptOrder.of([made if one.number == known.number else one for one in before.attempts])


async def _fetch_touched(
    driver: asyncpg.Connection, workspace: WorkspaceID, run: RunID, before: AttemptOrder, after: AttemptOrder
) -> set[int]:
    """Return the series that have points between an attempt's old limit and its new one, and maybe a few more."""
    touched: set[int] = set()
    # Where known attempts change places, any series may have another last point; that needs a late link of the chain.
    moved = [number for number in after.numbers if number in before.numbers] != before.numbers
    for number in before.numbers:
        old, new = before.limit(number), after.limit(number)
        if old == new and not moved:
            continue
        lowest = LOWEST_STEP if moved else min(limit for limit in (old, new) if limit is not None)
        where = workspace, run, number, lowest
        touched.update(row["key"] for row in await driver.fetch(FETCH_TOUCHED, *where))
        for row in await driver.fetch(FETCH_TOUCHED_SEGMENTS, *where):
            touched.update(decode_segment(row["payload"]).keys.tolist())
    return touched


async def _put_off(tx: Transaction, counters: Counters, order: AttemptOrder, touched: set[int]) -> None:
    """Mark the series; those that have no summary (all was superseded and is no more) are computed at once."""
    driver = await fetch_driver(tx.conn)
    where = counters.workspace, counters.run
    marked = {row["key"] for row in await driver.fetch(MARK, *where, list(touched))}
    await recompute_series(tx, counters, order, sorted(touched - marked))
    await driver.execute(MARK_RUN, *where)


def _count_on_from(counters: Counters, step: int | None) -> None:
    """Lower the run's highest step to where its newest attempt, which has no points yet, goes on from.

    Where summaries are computed again at once it is known already; those that are marked still say a higher one.
    """
    if step is not None and counters.last_step is not None:
        counters.last_step = min(counters.last_step, step)


async def _supersede_artifacts(tx: Transaction, workspace: WorkspaceID, run: RunID, order: AttemptOrder) -> None:
    """Mark checkpoints above their attempt's limit, and unmark those that are below it again."""
    driver = await fetch_driver(tx.conn)
    ids = {UNNAMED: None, **{one.number: one.id for one in order.attempts}}
    for number in order.numbers:
        limit = order.limit(number)
        highest = 2**63 - 1 if limit is None else limit
        for row in await driver.fetch(SUPERSEDE_ARTIFACTS, workspace, run, ids[number], highest):
            key = NodeKey(NodeKind.ARTIFACT, row["id"])
            tx.changed(workspace, key, row["revision"], Changed.DOCUMENT | Changed.GRAPH)


async def _set_running(tx: Transaction, workspace: WorkspaceID, run: RunID, attempt: AttemptID) -> None:
    rows = tables.runs
    await tx.conn.execute(
        sa.update(rows)
        .where(rows.c.workspace == workspace, rows.c.id == run)
        .values(attempt=attempt, status="RUNNING", ended_at=None)
    )
