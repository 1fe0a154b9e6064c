"""Late summaries: points of wide requests stand in segments alone until a settling folds them into the summaries.

A run's counters say from which order on its segments are unsettled; those before it are in the summaries, so that what
is settled is always a prefix. Nobody reads summaries but through `read_settled`, which settles first.
"""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Collection, Sequence
from contextlib import asynccontextmanager
from typing import NewType

import asyncpg
import numpy as np
import sqlalchemy as sa
from sqlalchemy.ext.asyncio import AsyncConnection

from domain.attempts import AttemptOrder
from domain.ids import RunID, WorkspaceID
from store.counters import Counters, lock_counters
from store.database import Database
from store.metrics.attempts import fetch_attempts
from store.metrics.folding import Folds, Places, fold_points
from store.metrics.preparing import CONTEXT_BITS, IN_THREAD, keep_points
from store.metrics.segments import SegmentColumns, decode_segment
from store.metrics.upserts import UPSERT_MEASUREMENTS, UPSERT_SUMMARIES, upsert_folds

SettledConnection = NewType("SettledConnection", AsyncConnection)
"""A connection from `read_settled`: what reads summaries asks for this type, so that settling is never left out."""

FETCH_SEGMENTS = """
SELECT attempt, points, payload FROM metric_segments
WHERE workspace = $1 AND run = $2 AND "order" >= $3 ORDER BY "order"
"""
# The token stays: this transaction has no row in the outbox that it could name.
SAVE_SETTLED = """
UPDATE run_counters SET series = $3, unsettled_from = $4, unsettled_keys = $5 WHERE workspace = $1 AND run = $2
"""
FETCH_UNSETTLED = """
SELECT run FROM run_counters
WHERE workspace = :workspace AND unsettled_from IS NOT NULL
      AND (CAST(:runs AS uuid[]) IS NULL OR run = ANY(CAST(:runs AS uuid[])))
ORDER BY run
"""


async def settle(driver: asyncpg.Connection, counters: Counters, order: AttemptOrder) -> None:
    """Fold the unsettled segments of a run into its summaries: one decoding, one row a series.

    The run's counters must be locked; the caller saves them in the same transaction. Nothing unsettled costs nothing.
    """
    if counters.unsettled_from is None:
        return
    where = counters.workspace, counters.run
    rows = await driver.fetch(FETCH_SEGMENTS, *where, counters.unsettled_from)
    if sum(row["points"] for row in rows) < IN_THREAD:
        folds, measured = _fold(rows, order)
    else:
        folds, measured = await asyncio.to_thread(_fold, rows, order)
    if folds is not None:
        made = await upsert_folds(driver, UPSERT_SUMMARIES, [where] * len(folds), [folds.series], folds)
        counters.series += made.get(where, 0)
    if measured is not None:
        columns = [measured.series >> CONTEXT_BITS, measured.series & ((1 << CONTEXT_BITS) - 1)]
        await upsert_folds(driver, UPSERT_MEASUREMENTS, [where] * len(measured), columns, measured)
    counters.unsettled_from = None
    counters.unsettled_keys = 0


async def settle_run(database: Database, workspace: WorkspaceID, run: RunID) -> bool:
    """Settle a run in a transaction of its own, and say whether there was anything; a run that is gone has nothing."""
    async with database.write() as tx:
        counters = (await lock_counters(tx, workspace, [run])).get(run)
        if counters is None or counters.unsettled_from is None:
            return False
        await settle(tx.driver, counters, await fetch_attempts(tx.conn, workspace, run))
        moved = counters.series, counters.unsettled_from, counters.unsettled_keys
        await tx.driver.execute(SAVE_SETTLED, workspace, run, *moved)
    return True


async def settle_workspace(database: Database, workspace: WorkspaceID) -> None:
    """Settle all runs of a workspace that have something unsettled, each in a transaction of its own."""
    async with database.read_primary() as conn:
        waiting = await fetch_unsettled(conn, workspace)
    for run in waiting:
        await settle_run(database, workspace, run)


async def fetch_unsettled(
    conn: AsyncConnection, workspace: WorkspaceID, runs: Collection[RunID] | None = None
) -> list[RunID]:
    """Return which of those runs, or of all, have something unsettled: a look at an index that holds only such."""
    asked = None if runs is None else list(runs)
    found = await conn.execute(sa.text(FETCH_UNSETTLED), {"workspace": workspace, "runs": asked})
    return [RunID(run) for run in found.scalars()]


@asynccontextmanager
async def read_settled(
    database: Database, workspace: WorkspaceID, runs: Collection[RunID] | None = None, *, primary: bool = False
) -> AsyncIterator[SettledConnection]:
    """Give a connection on which the summaries of those runs (left out: all) hold all that was answered before.

    As `database.read()`, or `read_primary()` if so asked. Where something had to be settled it is the record's own,
    since a replica may not have it yet.
    """
    async with database.read_primary() if primary else database.read() as conn:
        waiting = await fetch_unsettled(conn, workspace, runs)
        if not waiting:
            yield SettledConnection(conn)
            return
    # No connection is held meanwhile: settling takes one of the same pool.
    for run in waiting:
        await settle_run(database, workspace, run)
    async with database.read_primary() as conn:
        yield SettledConnection(conn)


def _fold(rows: Sequence[asyncpg.Record], order: AttemptOrder) -> tuple[Folds | None, Folds | None]:
    """Return the folds of all points that no later attempt superseded, by key and by (key, context)."""
    parts: list[tuple[int, SegmentColumns]] = []
    for row in rows:
        kept = keep_points(decode_segment(row["payload"]), order.limit(row["attempt"]))
        if len(kept.values):
            parts.append((order.rank(row["attempt"]), kept))
    if not parts:
        return None, None
    keys = np.concatenate([columns.key_column() for _, columns in parts])
    places = Places(
        step=np.concatenate([columns.steps for _, columns in parts]),
        time=np.concatenate([columns.times for _, columns in parts]),
        value=np.concatenate([columns.values for _, columns in parts]),
        rank=np.concatenate([np.full(len(columns.values), rank, np.int64) for rank, columns in parts]),
    )
    contexts = np.concatenate([_contexts(columns) for _, columns in parts])
    measured = contexts > 0
    series = (keys[measured] << CONTEXT_BITS) | contexts[measured]
    return fold_points(keys, places), fold_points(series, places.take(measured)) if measured.any() else None


def _contexts(columns: SegmentColumns) -> np.ndarray[tuple[int], np.dtype[np.int64]]:
    return columns.contexts if len(columns.contexts) else np.zeros(len(columns.values), np.int64)
