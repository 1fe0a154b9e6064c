"""A request made ready before its transaction: keys interned, points sorted by key, columns encoded and folded."""

from __future__ import annotations

import asyncio
import time
from dataclasses import dataclass, replace

import numpy as np

from domain.points import Ints, PointColumns, PointsRequest
from store.keys import Keys
from store.metrics.folding import Folds, Places, fold_points
from store.metrics.segments import SegmentColumns, SegmentParts, encode_segment

WIDE = 100
"""Keys of a request from which its summaries may move later: an upsert is a row a key, 25-75 us each."""

IN_THREAD = 4_000
"""Points from which encoding is worth a thread: zlib and numpy let go of the interpreter lock."""

CONTEXT_BITS = 12
"""A measured series is numbered key x 2^12 + context; a run has at most 1,000 contexts."""


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Prepared:
    """A request as its transaction needs it. What depends on the run's counters is still missing.

    `offsets` is set where steps were left out. `folds` is there for requests of few keys whose steps are known.
    """

    request: PointsRequest
    columns: SegmentColumns
    parts: SegmentParts
    offsets: Ints | None
    folds: Folds | None

    def __len__(self) -> int:
        return len(self.columns.values)

    @property
    def size(self) -> int:
        """Bytes that it holds in memory, roughly: five columns of eight bytes, and the encoded ones."""
        return 40 * len(self) + sum(map(len, self.parts.columns))


async def prepare_points(keys: Keys, request: PointsRequest) -> Prepared:
    """Make a request ready; call it before the transaction begins, since interning commits on its own."""
    names = request.columns.keys
    known = await keys.intern(request.workspace, names)
    ids = np.array([known[name] for name in names], np.int64)
    now = int(time.time() * 1000)
    if len(request.columns) < IN_THREAD:
        return _prepare(request, ids, now)
    return await asyncio.to_thread(_prepare, request, ids, now)


def _prepare(request: PointsRequest, ids: Ints, now: int) -> Prepared:
    given = request.columns
    keys = ids[given.key_index]
    if len(keys) == 1 or bool((keys[1:] >= keys[:-1]).all()):
        order: slice | Ints = slice(None)
    else:
        order = np.argsort(keys, kind="stable")
        keys = keys[order]
    starts = np.flatnonzero(np.r_[True, keys[1:] != keys[:-1]])
    columns = SegmentColumns(
        keys=keys[starts],
        counts=np.diff(np.r_[starts, len(keys)]),
        steps=given.steps[order],
        times=_times(given, now)[order],
        values=given.values[order],
        contexts=np.empty(0, np.int64) if given.context_index is None else given.context_index[order],
    )
    offsets = None if given.offsets is None else given.offsets[order]
    return Prepared(
        request=request,
        columns=columns,
        parts=encode_segment(columns),
        offsets=offsets,
        folds=fold_columns_of(columns) if offsets is None and len(columns.keys) < WIDE else None,
    )


def _times(given: PointColumns, now: int) -> Ints:
    if given.times is None:
        return np.full(len(given), now, np.int64)
    if given.time_given is None:
        return given.times
    return np.where(given.time_given, given.times, now)


def fold_columns_of(columns: SegmentColumns) -> Folds:
    """Return one row a key of a segment's points, their attempt's rank still 0."""
    return fold_points(columns.key_column(), _places(columns))


def fold_measured(columns: SegmentColumns) -> Folds | None:
    """Return one row a (key, context) of those points that have a context, if any has."""
    if not len(columns.contexts):
        return None
    measured = columns.contexts > 0
    if not measured.any():
        return None
    series = (columns.key_column()[measured] << CONTEXT_BITS) | columns.contexts[measured]
    return fold_points(series, _places(columns).take(measured))


def _places(columns: SegmentColumns) -> Places:
    ranks = np.zeros(len(columns.values), np.int64)
    return Places(step=columns.steps, time=columns.times, value=columns.values, rank=ranks)


def keep_points(columns: SegmentColumns, limit: int | None) -> SegmentColumns:
    """Return the points that no later attempt superseded: those at or below the limit."""
    if limit is None or int(columns.steps.max(initial=limit)) <= limit:
        return columns
    kept = columns.steps <= limit
    counts = np.add.reduceat(kept.astype(np.int64), columns.starts) if len(columns.counts) else columns.counts
    there = counts > 0
    return replace(
        columns,
        keys=columns.keys[there],
        counts=counts[there],
        steps=columns.steps[kept],
        times=columns.times[kept],
        values=columns.values[kept],
        contexts=columns.contexts[kept] if len(columns.contexts) else columns.contexts,
    )
