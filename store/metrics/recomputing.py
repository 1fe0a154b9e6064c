"""Compute summaries again from what stands in chunk headers, cut chunks and the tail: after a resume."""

from __future__ import annotations

from collections.abc import Sequence

import asyncpg
import numpy as np

from domain.attempts import AttemptOrder
from domain.ids import RunID, WorkspaceID
from domain.points import Ints
from store.counters import Counters
from store.driver import fetch_driver
from store.metrics.chunks import SeriesColumns, fetch_chunks
from store.metrics.folding import Folds, Places, fold_points
from store.metrics.headers import Headers, fetch_headers, fetch_sealed, fetch_tails, limits_of, ranks_of
from store.metrics.preparing import CONTEXT_BITS
from store.metrics.tails import read_tail
from store.metrics.upserts import UPSERT_MEASUREMENTS, UPSERT_SUMMARIES, upsert_folds
from store.transactions import Transaction

DELETE_SUMMARIES = "DELETE FROM metric_summaries WHERE workspace = $1 AND run = $2 AND key = ANY($3::int[])"
DELETE_MEASUREMENTS = "DELETE FROM metric_measurements WHERE workspace = $1 AND run = $2 AND key = ANY($3::int[])"
# A summary that is still marked may hold a step that was superseded: those of the others count.
FETCH_HIGHEST = """
SELECT max(last_step) FILTER (WHERE NOT recomputing) AS highest, bool_or(recomputing) AS marked
FROM metric_summaries WHERE workspace = $1 AND run = $2
"""


async def recompute_series(tx: Transaction, counters: Counters, order: AttemptOrder, keys: Sequence[int]) -> None:
    """Write the summaries of these series anew; a series all of whose points are superseded has none.

    The run's compaction row and counters must be locked, and the run settled. Costs the headers of all chunks of those
    series, and the chunks that a limit cuts.
    """
    if not keys:
        return
    driver = await fetch_driver(tx.conn)
    where = counters.workspace, counters.run
    folds, measured = await _fold(driver, *where, order, sorted(keys))
    deleted = await driver.execute(DELETE_SUMMARIES, *where, list(keys))
    await driver.execute(DELETE_MEASUREMENTS, *where, list(keys))
    counters.series -= int(deleted.rpartition(" ")[2])
    if folds is not None:
        made = await upsert_folds(driver, UPSERT_SUMMARIES, [where] * len(folds), [folds.series], folds)
        counters.series += made.get(where, 0)
    if measured is not None:
        columns = [measured.series >> CONTEXT_BITS, measured.series & ((1 << CONTEXT_BITS) - 1)]
        await upsert_folds(driver, UPSERT_MEASUREMENTS, [where] * len(measured), columns, measured)
    counters.last_step = await _find_last_step(driver, counters)


async def _find_last_step(driver: asyncpg.Connection, counters: Counters) -> int | None:
    """Return the run's highest step. While series are marked their own is not known: then it falls no further."""
    found = await driver.fetchrow(FETCH_HIGHEST, counters.workspace, counters.run)
    if not found["marked"]:
        highest: int | None = found["highest"]
        return highest
    return max((step for step in (found["highest"], counters.last_step) if step is not None), default=None)


async def _fold(
    driver: asyncpg.Connection, workspace: WorkspaceID, run: RunID, order: AttemptOrder, keys: list[int]
) -> tuple[Folds | None, Folds | None]:
    """Return the folds of the series, and those of their (series, context) pairs."""
    headers = await fetch_headers(driver, workspace, [run], keys)
    attempts = headers.ints("attempt")
    limits = limits_of(order, attempts)
    headers, limits = _select(headers, limits)
    cut = headers.ints("last_step") > limits
    mixed = headers.ints("context") < 0
    opened = await fetch_chunks(driver, workspace, headers.take(cut | mixed).ids())
    ranks = ranks_of(order, headers.ints("attempt"))
    whole = headers.take(~cut)
    folds = [whole.fold(whole.ints("key"), ranks[~cut])]
    single = headers.take(~cut & (headers.ints("context") > 0))
    measured = [
        single.fold(
            (single.ints("key") << CONTEXT_BITS) | single.ints("context"), ranks[~cut & (headers.ints("context") > 0)]
        )
    ]
    for row in np.flatnonzero(cut | mixed).tolist():
        key, number = int(headers.ints("key")[row]), int(headers.ints("number")[row])
        points = opened[run, number]
        points = points.take(points.steps <= limits[row])
        if cut[row]:
            folds.append(_fold_points(np.full(len(points), key), points, int(ranks[row])))
        measured.append(_fold_contexts(key, points, int(ranks[row])))
    tail_folds, tail_measured = await _fold_tail(driver, workspace, run, order, keys)
    return _merge(folds + tail_folds), _merge(measured + tail_measured)


def _select(headers: Headers, limits: Ints) -> tuple[Headers, Ints]:
    """Leave out chunks that are superseded whole."""
    kept = headers.ints("first_step") <= limits
    return headers.take(kept), limits[kept]


async def _fold_tail(
    driver: asyncpg.Connection, workspace: WorkspaceID, run: RunID, order: AttemptOrder, keys: list[int]
) -> tuple[list[Folds], list[Folds]]:
    rows = (await fetch_tails(driver, workspace, [run]))[run]
    sealed = (await fetch_sealed(driver, workspace, [run])).get(run)
    folds: list[Folds] = []
    measured: list[Folds] = []
    for (key, attempt), points in read_tail(rows, np.array(keys, np.int64), sealed).split().items():
        limit = order.limit(attempt)
        kept = points if limit is None else points.take(points.steps <= limit)
        if len(kept):
            folds.append(_fold_points(np.full(len(kept), key), kept, order.rank(attempt)))
            measured.append(_fold_contexts(key, kept, order.rank(attempt)))
    return folds, measured


def _fold_contexts(key: int, points: SeriesColumns, rank: int) -> Folds:
    points = points.take(points.contexts > 0)
    return _fold_points((np.full(len(points), key) << CONTEXT_BITS) | points.contexts, points, rank)


def _fold_points(series: Ints, points: SeriesColumns, rank: int) -> Folds:
    ranks = np.full(len(points), rank, np.int64)
    return fold_points(series, Places(step=points.steps, time=points.times, value=points.values, rank=ranks))


def _merge(parts: list[Folds]) -> Folds | None:
    together = Folds.concatenate(parts).merge()
    return together if len(together) else None
